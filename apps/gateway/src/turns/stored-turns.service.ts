import { Injectable } from '@nestjs/common';
import type { Principal, TurnEvent, TurnIdentity } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import { SessionRepository, TurnRepository, type TurnRecord } from '@parlance/persistence';
import { turnLatency } from '@parlance/turns';
import { turnStatus } from './turn-view.js';

/** Turns as they stand, for those who may see them; a turn that is being answered is waited for. */
@Injectable()
export class StoredTurns {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
  ) {}

  /** @throws AppError turn.not_found */
  async get(tenant: string, turn: string): Promise<TurnRecord> {
    const found = await this.turns.findById(tenant, turn);
    if (!found) throw turnNotFound();
    return found;
  }

  /** A turn of a session that the caller may see. @throws AppError turn.not_found */
  async getFor(caller: Principal, turn: string): Promise<TurnRecord> {
    const found = await this.get(caller.tenant, turn);
    if (caller.user === undefined) return found;
    const session = await this.sessions.get(caller.tenant, found.session);
    if (session.user !== caller.user) throw turnNotFound();
    return found;
  }

  /** @throws AppError session.not_found */
  async list(tenant: string, session: string, after: number, user?: string): Promise<TurnRecord[]> {
    await this.sessions.getFor({ tenant, user }, session);
    return this.turns.list(tenant, session, { after });
  }

  /**
   * Waits until a turn is complete or has failed, on whichever replica its events arise.
   * @returns the turn as it then stands; still answering when `timeoutMs` have passed
   */
  async waitForEnd(identity: TurnIdentity, timeoutMs: number, signal: AbortSignal): Promise<TurnRecord> {
    const end = turnLatency().startTimer({ stage: 'answer' });
    const watch = await this.bus.watchSession(identity.session);
    const leave = (): void => void watch.close();
    const timer = setTimeout(leave, timeoutMs);
    signal.addEventListener('abort', leave, { once: true });
    try {
      // Events since the turn began are replayed, so none falls between the look and the watch.
      for await (const { event } of watch) {
        if (event.data.identity.turn !== identity.turn || !mayEndTurn(event)) continue;
        const turn = await this.turns.get(identity);
        if (turnStatus(turn) === 'answering') continue;
        end();
        return turn;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      await watch.close();
    }
    return this.turns.get(identity);
  }
}

function turnNotFound(): AppError {
  return new AppError('turn.not_found', 'There is no such turn.');
}

/** A sentence leaves a turn open, and its feedback comes when it is closed. */
function mayEndTurn({ name }: TurnEvent): boolean {
  return name !== 'reply.sentence' && name !== 'turn.feedback';
}
