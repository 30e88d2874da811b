import { Inject, Injectable } from '@nestjs/common';
import type { TurnTranscribed } from '@parlance/contracts';
import { Postponed } from '@parlance/messaging';
import { TurnRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { ReplyContextService } from '../context/reply-context.service.js';
import type { ReplyContext } from '../language-model/language-model.js';

const ASK_AGAIN_MS = 150;
/** An earlier turn that is not answered by now is skipped. */
const LONGEST_WAIT_MS = 60_000;
/** A gateway that died may have assigned a sequence and not written its turn; a live one writes it at once. */
const LONGEST_GAP_MS = 3_000;

/** Turns of a session are answered in the order they were spoken. */
@Injectable()
export class TurnOrderService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly contexts: ReplyContextService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What came before a turn, once the turn before it is over. Mostly it is: then the first look at the session has its reply, and no
   *  second one is needed. @throws Postponed as `waitForPrevious`; AppError store.unavailable */
  async contextOf(turn: TurnTranscribed, now = Date.now()): Promise<ReplyContext> {
    const read = await this.contexts.load(turn);
    const isWhole = turn.sequence === 1 || read.exchanges.at(-1)?.sequence === turn.sequence - 1;
    if (isWhole) return read;
    await this.waitForPrevious(turn, now);
    return this.contexts.load(turn);
  }

  /** @throws Postponed while the turn before this one is neither answered nor failed */
  async waitForPrevious(turn: TurnTranscribed, now = Date.now()): Promise<void> {
    if (turn.sequence === 1) return;
    const { tenant, session } = turn.identity;
    const previous = await this.turns.findPrevious(tenant, session, turn.sequence);
    if (previous && previous.state !== 'transcribed') return;
    const waitedMs = now - Date.parse(turn.occurredAt);
    if (waitedMs < (previous ? LONGEST_WAIT_MS : LONGEST_GAP_MS)) throw new Postponed(ASK_AGAIN_MS);
    this.logger.warn({ sequence: turn.sequence }, 'the turn before has no answer, going on without it');
  }
}
