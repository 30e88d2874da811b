import { Command, InvalidArgumentError } from 'commander';
import { ulidSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { CliConfig } from '../cli.config.js';
import { sayResult } from '../terminal.js';
import { JaegerClient } from '../trace/jaeger.client.js';
import { inOrder, spansOf } from '../trace/turn-spans.js';
import { waterfallHeading, waterfall } from '../trace/waterfall.js';

const HOUR_MS = 3_600_000;
/** Of a pipe or a file, which have none. */
const DEFAULT_COLUMNS = 140;

interface TraceOptions {
  readonly jaeger: string;
  readonly since: number;
  readonly json?: boolean;
}

export function traceCommand({ jaegerUrl }: CliConfig): Command {
  return new Command('trace')
    .description('Where the time of one turn went: its trace as a waterfall, from Jaeger')
    .argument('<turn>', 'its id', turnOf)
    .option('--jaeger <url>', "Jaeger's query API", jaegerUrl)
    .option('--since <hours>', 'how far back to look', hoursOf, 48)
    .option('--json', 'print the spans, one line each')
    .action(async (turn: string, { jaeger, since, json }: TraceOptions) => {
      const found = await new JaegerClient(jaeger.replace(/\/+$/, '')).spansOfTurn(turn, since * HOUR_MS);
      const spans = spansOf(turn, found);
      if (spans.length === 0)
        throw new AppError(
          'request.invalid',
          `No trace has turn ${turn}. It may not have been sampled, may be older, or its spans are on their way still.`,
        );
      const placed = inOrder(spans);
      if (json === true) return placed.forEach(({ span }) => sayResult(JSON.stringify(span)));
      sayResult(waterfallHeading(turn, spans));
      for (const line of waterfall(placed, process.stdout.columns ?? DEFAULT_COLUMNS)) sayResult(line);
    });
}

function turnOf(text: string): string {
  if (!ulidSchema.safeParse(text).success) throw new InvalidArgumentError('A turn has a ULID.');
  return text;
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (!(hours > 0)) throw new InvalidArgumentError('A number of hours above 0.');
  return hours;
}
