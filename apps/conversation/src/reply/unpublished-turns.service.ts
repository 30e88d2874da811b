import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { TurnTranscribed } from '@parlance/contracts';
import { MessageBus } from '@parlance/messaging';
import { TurnRepository, type TurnRecord } from '@parlance/persistence';
import { PeriodicWork } from '@parlance/resilience';
import { LOGGER, workFailureReporter, type Logger } from '@parlance/telemetry';

/** A gateway that lives has published a turn by then. */
const OVERDUE_MS = 1_500;
const LOOK_EVERY_MS = 1_500;
/** Within the time in which the queue knows a message by its id: older turns were told as failed, or nobody waits. */
const OLDEST_MS = 10 * 60_000;
const BATCH = 100;
/** Number of turns that are remembered as published. */
const MOST_KNOWN = 10_000;

/** Publishes turns that were stored by a gateway which died before it could publish them: nobody would answer them, and later
 *  turns of their sessions would wait. The queue drops those that it has, by their id. */
@Injectable()
export class UnpublishedTurns implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly known = new Set<string>();
  private readonly work: PeriodicWork;

  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.look(), {
      everyMs: LOOK_EVERY_MS,
      // People wait for these, and longer than the store or the bus was away would be too long.
      longestMs: LOOK_EVERY_MS,
      onFailure: workFailureReporter(
        logger,
        'unpublished-turns',
        'overdue turns could not be looked at just now',
      ),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  /** Before bus and store are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  /** Publishes what is overdue at `now`. @throws AppError store.unavailable, upstream.unavailable; what is left is
   *  published by the next look */
  async look(now = Date.now()): Promise<void> {
    const until = new Date(now - OVERDUE_MS);
    let from = now - OLDEST_MS;
    for (;;) {
      const turns = await this.turns.unanswered(new Date(from), until, BATCH);
      for (const turn of turns) await this.publishOnce(turn);
      const last = turns.at(-1)?.createdAt.getTime() ?? 0;
      // Others of the last one's millisecond come again; a whole batch of one millisecond is left at that.
      if (turns.length < BATCH || last - 1 <= from) return;
      from = last - 1;
    }
  }

  private async publishOnce(turn: TurnRecord): Promise<void> {
    if (this.known.has(turn.id)) return;
    await this.bus.publishWork('turnTranscribed', transcribedOf(turn));
    this.known.add(turn.id);
    if (this.known.size > MOST_KNOWN) this.known.delete(this.known.values().next().value!);
  }
}

/** The message that a stored turn was to be published by. */
function transcribedOf(turn: TurnRecord): TurnTranscribed {
  const { id, tenant, session, sequence, text, language, words, measures, scores } = turn;
  const { degraded, recording, speak, voice, speed, instructions, createdAt } = turn;
  return {
    identity: { tenant, session, turn: id },
    ...{ sequence, text, language, words, speak, voice, speed },
    ...(measures && scores ? { measures, scores } : {}),
    ...(degraded ? { degraded } : {}),
    ...(recording ? { recording } : {}),
    ...(instructions === undefined ? {} : { instructions }),
    occurredAt: createdAt.toISOString(),
  };
}
