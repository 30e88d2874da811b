import { Command, InvalidArgumentError } from 'commander';
import type { DeadLetter, DeadLetters } from '@parlance/messaging';
import type { CliConfig } from '../cli.config.js';
import { sayFault, sayResult } from '../terminal.js';

export function dlqCommand(config: CliConfig): Command {
  const dlq = new Command('dlq').description('Work that failed for good: list it, look at it, do it again');
  dlq
    .command('ls')
    .description('Dead letters, oldest first')
    .option('--after <sequence>', 'only those behind this one', sequenceOf, 0)
    .option('--limit <count>', 'no more than this', sequenceOf, 100)
    .option('--json', 'print JSON, one line each')
    .action((options: ListOptions) => withLetters(config, (letters) => list(letters, options)));
  dlq
    .command('show')
    .description('One dead letter: what failed, why, whose it is, and the work itself')
    .argument('<sequence>', 'its number in the list', sequenceOf)
    .action((sequence: number) =>
      withLetters(config, async (letters) => sayResult(describe(await letters.get(sequence)))),
    );
  dlq
    .command('requeue')
    .description('Publish work again; its turn waits for an answer again')
    .argument('[sequences...]', 'numbers in the list', sequencesOf)
    .option('--all', 'all there are now')
    .action((sequences: number[] | undefined, { all }: { all?: boolean }) =>
      withLetters(config, (letters) => requeue(letters, sequences ?? [], all === true)),
    );
  return dlq;
}

interface ListOptions {
  readonly after: number;
  readonly limit: number;
  readonly json?: boolean;
}

async function list(letters: DeadLetters, { after, limit, json }: ListOptions): Promise<void> {
  let count = 0;
  for await (const letter of letters.list(after)) {
    if (count === limit) return;
    count += 1;
    sayResult(
      json === true ? JSON.stringify(summaryOf(letter)) : Object.values(summaryOf(letter)).join('  '),
    );
  }
}

/** Without the work itself: a list may be pasted anywhere. */
function summaryOf({ sequence, failedAt, subject, code, deliveries, identity, traceId }: DeadLetter) {
  const { tenant = '-', session = '-', turn = '-' } = identity;
  const about = { tenant, session, turn, trace: traceId || '-' };
  return { sequence, failedAt: failedAt.toISOString(), subject, code, deliveries, ...about };
}

function describe(letter: DeadLetter): string {
  const { headers, payload, bytes, message } = letter;
  return JSON.stringify(
    {
      ...summaryOf(letter),
      message,
      headers,
      // What does not fit its schema may be anything, a secret too.
      payload: payload ?? `${bytes} bytes that do not fit the schema of their subject`,
    },
    undefined,
    2,
  );
}

/** Every one gets its try; the exit status tells whether all went well. */
async function requeue(letters: DeadLetters, named: readonly number[], all: boolean): Promise<void> {
  if (all === named.length > 0) throw new InvalidArgumentError('Name sequences, or --all.');
  const sequences = [...named];
  if (all) for await (const { sequence } of letters.list()) sequences.push(sequence);
  for (const sequence of sequences) {
    try {
      const { subject, identity } = await letters.requeue(sequence);
      sayResult(
        `${sequence}: published again to ${subject}${identity.turn ? `, turn ${identity.turn}` : ''}`,
      );
    } catch (error) {
      sayFault(error, String(sequence));
      process.exitCode = 1;
    }
  }
}

/** The bus is loaded only here: no other command needs it. */
async function withLetters(
  { natsUrl }: CliConfig,
  work: (letters: DeadLetters) => Promise<void>,
): Promise<void> {
  const [{ DeadLetters }, { createLogger }] = await Promise.all([
    import('@parlance/messaging'),
    import('@parlance/telemetry'),
  ]);
  const logger = createLogger({ service: 'cli', level: 'silent' });
  const letters = await DeadLetters.open(natsUrl, 'parlance dlq', logger);
  try {
    await work(letters);
  } finally {
    await letters.close();
  }
}

function sequenceOf(text: string): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function sequencesOf(text: string, before: readonly number[] = []): number[] {
  return [...before, sequenceOf(text)];
}
