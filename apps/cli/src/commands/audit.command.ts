import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { Command, InvalidArgumentError } from 'commander';
import { AuditVerification, type AuditFault, type AuditHead } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { CliConfig } from '../cli.config.js';
import { fetchFromGateway } from '../client/gateway-request.js';
import { sayResult } from '../terminal.js';

/** What the newest entry of a log is, or which entry is the first at fault. */
export interface AuditResult {
  readonly count: number;
  readonly head: AuditHead | undefined;
  readonly fault: AuditFault | undefined;
}

export function auditCommand(config: CliConfig): Command {
  const audit = new Command('audit').description('The audit log of your tenant');
  audit
    .command('verify')
    .description('Follow the chain of entries from the first one to the last one')
    .argument('[file]', 'an export (NDJSON); without it, the log that the gateway has')
    .option(
      '--head <number:hash>',
      'an entry that was noted elsewhere, and must be there; repeatable',
      headsOf,
      [],
    )
    .action(async (file: string | undefined, { head }: { readonly head: readonly AuditHead[] }) => {
      const lines = file === undefined ? await gatewayLines(config) : createReadStream(file);
      say(await verifyLines(lines, head));
    });
  audit
    .command('export')
    .description('Print the log, one entry a line')
    .action(async () => {
      for await (const line of createInterface({ input: await gatewayLines(config) })) sayResult(line);
    });
  return audit;
}

/** Follows an exported log. @param known  entries that were noted elsewhere */
export async function verifyLines(input: Readable, known: readonly AuditHead[] = []): Promise<AuditResult> {
  const verification = new AuditVerification(known);
  let fault: AuditFault | undefined;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    fault = verification.push(parsed(line));
    if (fault) break;
  }
  fault ??= verification.end();
  return { count: verification.count, head: verification.head, fault };
}

function say({ count, head, fault }: AuditResult): void {
  if (fault)
    throw new AppError('request.invalid', `Entry ${fault.number} of the audit log ${fault.problem}.`);
  const newest = head ? `; the newest is ${head.number}:${head.hash}` : '';
  sayResult(`${count} entries, each follows the one before${newest}`);
}

async function gatewayLines(config: CliConfig): Promise<Readable> {
  const { body } = await fetchFromGateway(config, '/api/v1/audit/export', {});
  return body ? Readable.fromWeb(body) : Readable.from([]);
}

/** Undefined for what is no JSON: no entry either. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function headsOf(text: string, before: readonly AuditHead[]): readonly AuditHead[] {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === undefined || hash === undefined) throw new InvalidArgumentError('It must read NUMBER:HASH.');
  return [...before, { number: Number(number), hash }];
}
