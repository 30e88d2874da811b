import { describe, expect, it } from '@jest/globals';
import {
  AUDIT_TRIMMED,
  AuditVerification,
  chainedEntry,
  type AuditEntry,
  type AuditEvent,
  type AuditFault,
  type AuditHead,
} from './audit.schema.js';

function anEvent(changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ id: '01JZ0000000000000000000000', tenant: 'acme', at: '2026-11-30T10:00:00.000Z' },
    ...{ actor: { role: 'owner', key: 'configured' }, action: 'key.create', address: '192.0.2.1' },
    ...{ target: { kind: 'key', id: 'k1' }, details: { role: 'service', scopes: 'speech' } },
    ...changes,
  };
}

function aLog(count: number, events: Readonly<Record<number, Partial<AuditEvent>>> = {}): AuditEntry[] {
  const log: AuditEntry[] = [];
  for (let number = 1; number <= count; number++)
    log.push(
      chainedEntry(anEvent({ at: `2026-11-30T10:00:0${number}.000Z`, ...events[number] }), log.at(-1)),
    );
  return log;
}

function verified(entries: readonly unknown[], known: readonly AuditHead[] = []): AuditFault | undefined {
  const verification = new AuditVerification(known);
  for (const entry of entries) {
    const fault = verification.push(entry);
    if (fault) return fault;
  }
  return verification.end();
}

describe('an audit log', () => {
  it('is followed from its first entry to its last one, whatever the order of fields', () => {
    const log = aLog(5);
    const reordered = log.map((entry) => Object.fromEntries(Object.entries(entry).reverse()));
    const verification = new AuditVerification();
    for (const entry of reordered) expect(verification.push(entry)).toBeUndefined();
    expect(verification.end()).toBeUndefined();
    expect([verification.count, verification.head]).toEqual([5, { number: 5, hash: log[4]!.hash }]);
  });

  it.each([
    ['whose entry was changed', (log: AuditEntry[]) => (log[2] = { ...log[2]!, address: '192.0.2.9' }), 3],
    [
      'whose detail was changed',
      (log: AuditEntry[]) => (log[1] = { ...log[1]!, details: { role: 'owner' } }),
      2,
    ],
    ['whose entry was left out', (log: AuditEntry[]) => log.splice(2, 1), 4],
    ['whose entry stands twice', (log: AuditEntry[]) => log.splice(2, 0, log[2]!), 3],
    ['whose entries were exchanged', (log: AuditEntry[]) => log.splice(1, 2, log[2]!, log[1]!), 3],
    ['whose entry was made anew', (log: AuditEntry[]) => (log[3] = chainedEntry(anEvent(), log[2])), 5],
    [
      'with another tenant’s entry',
      (log: AuditEntry[]) => (log[4] = chainedEntry(anEvent({ tenant: 'globex' }), log[3])),
      5,
    ],
    ['with what is no entry', (log: AuditEntry[]) => (log[1] = {} as AuditEntry), 2],
  ])('%s is found out at the first entry at fault', (_, spoil, number) => {
    const log = aLog(5);
    spoil(log);
    expect(verified(log)).toMatchObject({ number });
  });

  it('that was cut at its end, or made anew as a whole, is found out by what was noted elsewhere', () => {
    const log = aLog(5);
    const noted = [{ number: 4, hash: log[3]!.hash }];
    expect(verified(log, noted)).toBeUndefined();
    expect(verified(log.slice(0, 3))).toBeUndefined();
    expect(verified(log.slice(0, 3), noted)).toMatchObject({ number: 4 });
    expect(verified(aLog(5, { 1: { address: '192.0.2.7' } }), noted)).toMatchObject({ number: 4 });
  });

  it('may begin later where one of its entries says that the older ones were removed, and not elsewhere', () => {
    const whole = aLog(4);
    const said = { action: AUDIT_TRIMMED, details: { through: 2, hash: whole[1]!.hash } };
    const log = aLog(5, { 4: said }).slice(2);
    // The chain up to the third entry is the same.
    expect(verified(log)).toBeUndefined();
    expect(verified(whole.slice(2))).toMatchObject({ number: 3 });
    expect(verified(log.slice(1))).toMatchObject({ number: 4 });
  });
});
