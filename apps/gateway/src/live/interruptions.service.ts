import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { z } from 'zod';
import { ulidSchema } from '@parlance/contracts';
import { MessageBus, type Announcements } from '@parlance/messaging';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { PlayedReply } from './playback.js';

const CHANNEL = 'reply-interrupted';

const interruptionSchema = z.object({ session: ulidSchema, turn: ulidSchema, text: z.string() });
type Interruption = z.output<typeof interruptionSchema>;

/** Whoever plays the replies of a session; told of each interruption once or more often, its own among them. */
type Follower = (reply: PlayedReply) => void;

/** Tells all conversations of a session, on every replica, that a reply was interrupted: whoever plays it stops. */
@Injectable()
export class Interruptions implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly followers = new Map<string, Set<Follower>>();
  private announced: Announcements | undefined;

  constructor(
    private readonly bus: MessageBus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.announced = this.bus.announcements(CHANNEL);
    void this.read(this.announced);
  }

  beforeApplicationShutdown(): void {
    this.announced?.close();
  }

  /** @returns what to call when the session is left */
  follow(session: string, follower: Follower): () => void {
    const others = this.followers.get(session) ?? new Set();
    this.followers.set(session, others.add(follower));
    return () => {
      others.delete(follower);
      if (others.size === 0 && this.followers.get(session) === others) this.followers.delete(session);
    };
  }

  /** Never throws: those of this replica are told at once, the others while the bus is there. */
  tell(session: string, { turn, text }: PlayedReply): void {
    this.pass({ session, turn, text });
    try {
      this.bus.announce(CHANNEL, Buffer.from(JSON.stringify({ session, turn, text })));
    } catch (err) {
      this.logger.warn({ err, session }, 'an interruption was not announced to other replicas');
    }
  }

  private pass({ session, turn, text }: Interruption): void {
    for (const follower of this.followers.get(session) ?? []) follower({ turn, text });
  }

  private async read(announced: Announcements): Promise<void> {
    for await (const data of announced) {
      try {
        this.pass(interruptionSchema.parse(JSON.parse(Buffer.from(data).toString('utf8'))));
      } catch (err) {
        this.logger.warn({ err }, 'an announcement does not fit its schema, skipped');
      }
    }
  }
}
