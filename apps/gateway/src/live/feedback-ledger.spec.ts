import { describe, expect, it } from '@jest/globals';
import { aReport } from '../../../../test/support/feedback-factory.js';
import { FeedbackLedger } from './feedback-ledger.js';

const never = new AbortController().signal;

describe('the ledger of feedback', () => {
  it('is complete when the feedback of every turn has come, or its turn failed', async () => {
    const ledger = new FeedbackLedger();
    ledger.expect('a');
    ledger.expect('b');
    const complete = ledger.complete(60_000, never);
    ledger.add('a', aReport());
    ledger.miss('b');
    await complete;
    expect(ledger.reportOf('a')).toEqual(aReport());
    expect(ledger.reportOf('b')).toBeUndefined();
  });

  it('waits for nothing where nothing is due, also where the feedback came before its turn was known', async () => {
    const ledger = new FeedbackLedger();
    await ledger.complete(60_000, never);
    ledger.add('a', aReport());
    ledger.expect('a');
    await ledger.complete(60_000, never);
  });

  it('waits no longer than the limit, nor for a client that has left', async () => {
    const ledger = new FeedbackLedger();
    ledger.expect('a');
    await ledger.complete(10, never);
    const left = new AbortController();
    const waiting = ledger.complete(60_000, left.signal);
    left.abort();
    await waiting;
    await ledger.complete(60_000, left.signal);
  });
});
