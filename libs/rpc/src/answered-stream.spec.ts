import type { ServerDuplexStream } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { Duplex } from 'node:stream';
import { answerEach } from './answered-stream.js';

/** A stream of numbers, and what is written to it. */
function aCall() {
  const written: number[] = [];
  const call = new Duplex({
    objectMode: true,
    read: () => undefined,
    write: (value: number, _encoding, done) => {
      written.push(value);
      done();
    },
  });
  return { call: call as unknown as ServerDuplexStream<number, number> & Duplex, written };
}
const ends = () => ({ cut: new AbortController(), drain: new AbortController() });
const doubled = async (value: number): Promise<number> => 2 * value;

describe('a stream that is answered request by request', () => {
  it('has an answer for each, in order, and ends with the last one', async () => {
    const { call, written } = aCall();
    for (const value of [1, 2, 3, null]) call.push(value);
    await answerEach(call, { cut: ends().cut.signal }, doubled);
    expect(written).toEqual([2, 4, 6]);
  });

  it('reads no further request once it is drained', async () => {
    const { call, written } = aCall();
    const { cut, drain } = ends();
    call.push(1);
    const answered = answerEach(call, { cut: cut.signal, drain: drain.signal }, async (value) => {
      drain.abort();
      return value;
    });
    await answered;
    expect(written).toEqual([1]);
  });

  it('is cut while an answer is waited for, by the reason', async () => {
    const { call } = aCall();
    const { cut } = ends();
    call.push(1);
    const answered = answerEach(call, { cut: cut.signal }, () => new Promise<number>(() => undefined));
    cut.abort(new Error('over'));
    await expect(answered).rejects.toThrow('over');
  });
});
