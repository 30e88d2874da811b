import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { BoundSession } from '@parlance/contracts';
import type { Caller } from '../../auth/caller.js';
import { ClientSecrets } from '../../auth/client-secrets.service.js';
import { isClientSecret } from '../../auth/key-format.js';
import { SocketCallers, socketKeyOf } from '../socket-callers.service.js';
import type { SocketOpening } from '../socket-opening.js';
import { keyAmongSubprotocols } from './realtime-handshake.js';

export interface RealtimeCaller {
  readonly caller: Caller;
  /** What a client secret has the session begin with. */
  readonly session?: BoundSession | undefined;
}

/** Knows who opens `/v1/realtime`: as on every socket, or by a client secret. */
@Injectable()
export class RealtimeCallers {
  constructor(
    private readonly callers: SocketCallers,
    private readonly secrets: ClientSecrets,
  ) {}

  /** As `SocketCallers.enter`; of a client secret, too. */
  async enter(request: IncomingMessage, url: URL, opening: SocketOpening): Promise<RealtimeCaller> {
    const key = socketKeyOf(request, url, keyAmongSubprotocols(request.headers));
    const found = isClientSecret(key) ? await this.secrets.open(key) : await this.known(key);
    await this.callers.admit(found.caller, opening, 'speech');
    return found;
  }

  private async known(key: string | undefined): Promise<RealtimeCaller> {
    return { caller: await this.callers.find(key) };
  }
}
