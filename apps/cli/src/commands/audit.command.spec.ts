import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { chainedEntry, type AuditEntry, type AuditEvent } from '@parlance/contracts';
import { verifyLines } from './audit.command.js';

const EVENT: AuditEvent = {
  ...{ id: '01JZ0000000000000000000000', tenant: 'acme', at: '2026-11-30T10:00:00.000Z' },
  ...{ actor: { role: 'owner' }, action: 'key.create', address: '' },
};

function aLog(count: number): AuditEntry[] {
  const log: AuditEntry[] = [];
  while (log.length < count) log.push(chainedEntry(EVENT, log.at(-1)));
  return log;
}

const linesOf = (log: readonly object[]): Readable =>
  Readable.from(log.map((entry) => `${JSON.stringify(entry)}\n`));

describe('the verification of an exported audit log', () => {
  it('tells how many entries there are, and the place of the newest', async () => {
    const log = aLog(4);
    expect(await verifyLines(linesOf(log))).toEqual({
      count: 4,
      head: { number: 4, hash: log[3]!.hash },
      fault: undefined,
    });
    expect(await verifyLines(Readable.from([]))).toEqual({ count: 0, head: undefined, fault: undefined });
  });

  it('names the first entry at fault, also one that is cut in its middle', async () => {
    const log = aLog(4);
    const changed = [log[0]!, { ...log[1]!, action: 'key.revoke' }, log[2]!, { ...log[3]!, address: 'x' }];
    expect(await verifyLines(linesOf(changed))).toMatchObject({ count: 1, fault: { number: 2 } });
    const cut = `${JSON.stringify(log[0])}\n${JSON.stringify(log[1]).slice(0, 40)}`;
    expect(await verifyLines(Readable.from([cut]))).toMatchObject({ fault: { number: 2 } });
  });
});
