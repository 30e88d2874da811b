import type { Gateway } from '../support/platform.js';
import { startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';
import type { TurnView } from '../support/turn-view.js';
import type { TurnLedger } from './turn-ledger.js';

const LIMIT_MS = 60_000;

/** A client that uploads one recording after the other into one session, and asks for each turn until it is complete. */
export class UploadClient {
  readonly name = 'uploads';
  session: string | undefined;
  private tries = 0;

  constructor(
    private readonly gateways: readonly Gateway[],
    private readonly recording: string,
    private readonly ledger: TurnLedger,
  ) {}

  /** A try that is refused, or not answered, is made again, as retrying clients do. */
  async completeTurn(): Promise<void> {
    const begunAt = performance.now();
    const fields: Record<string, string> = this.session === undefined ? {} : { session: this.session };
    const taken = await until(async () => {
      const answer = await startTurn(this.gateway, this.recording, fields).catch(() => undefined);
      if (answer && answer.status < 300) return answer.turn;
      this.tries += 1;
      this.ledger.repeat(this.name);
      return undefined;
    }, LIMIT_MS);
    this.session ??= taken.session;
    const { id, session } = taken;
    this.ledger.acknowledge({ id, session, client: this.name, begunAt });
    await until(() => this.isComplete(id), LIMIT_MS);
    this.ledger.complete(id, performance.now());
  }

  /** Another replica after each failure, as a load balancer does. */
  private get gateway(): Gateway {
    return this.gateways[this.tries % this.gateways.length]!;
  }

  close(): void {
    // It holds nothing open.
  }

  private async isComplete(id: string): Promise<boolean> {
    const turn = await this.gateway.fetch(`/api/v1/turns/${id}`).then(
      async (answer) => (answer.ok ? ((await answer.json()) as TurnView) : undefined),
      () => void (this.tries += 1),
    );
    return turn?.status === 'complete';
  }
}
