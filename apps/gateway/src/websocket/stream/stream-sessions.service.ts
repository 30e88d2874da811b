import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { Admissions } from '../../auth/admissions.service.js';
import { Authenticator } from '../../auth/authenticator.service.js';
import { requireScope, type Caller } from '../../auth/caller.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { LiveConversations } from '../../live/live-conversations.service.js';
import { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import type { ClientSocket } from '../client-socket.js';
import type { SocketOpening } from '../socket-opening.js';
import { StreamConversation } from './stream-conversation.js';
import { StreamSession } from './stream-session.js';

/** Sockets that have not told who they are. They hold nothing but memory, for 5 s at most. */
const MAX_UNKNOWN = 200;

/** Makes the sessions of `/v1/stream`. */
@Injectable()
export class StreamSessions {
  private unknown = 0;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly admissions: Admissions,
    private readonly conversations: LiveConversations,
    private readonly sessions: VoiceSessions,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @param opening  holds the slot of the caller, once it is known
   *  @throws AppError quota.exceeded where too many sockets have told nothing yet */
  create(opening: SocketOpening): StreamSession {
    if (this.unknown >= MAX_UNKNOWN)
      throw new AppError('quota.exceeded', 'Too many connections wait for their token.', {
        retryAfterSeconds: 1,
      });
    const known = this.countUnknown();
    opening.atEnd(known);
    return new StreamSession({
      idleMs: this.config.streamIdleMs,
      begin: async (token, client) => {
        const caller = await this.authenticator.authenticate(token);
        requireScope(caller, 'sessions');
        known();
        opening.atEnd(await this.admissions.admit(caller, 'stream'));
        opening.limitTo(caller);
        return this.begin(caller, client);
      },
    });
  }

  private async begin(caller: Caller, client: ClientSocket): Promise<StreamConversation> {
    const { session } = await this.sessions.begin(caller, { settings: { ttsEnabled: false } });
    const { tenant, id } = session;
    const reply = { speak: false };
    const conversation = await this.conversations.open({
      tenant,
      session: id,
      after: undefined,
      reply,
      usedBy: caller,
    });
    const ended = async (): Promise<void> => void (await this.sessions.end(caller, id, 'client'));
    const streaming = new StreamConversation(id, conversation, client, ended);
    await streaming.begin();
    return streaming;
  }

  /** @returns what to call when the socket is known, or gone */
  private countUnknown(): () => void {
    this.unknown += 1;
    let isCounted = true;
    return () => {
      if (isCounted) this.unknown -= 1;
      isCounted = false;
    };
  }
}
