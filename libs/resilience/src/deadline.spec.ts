import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { atMost, withDeadline } from './deadline.js';
import { whenWritable } from './when-writable.js';

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  it('gives the result of work that is done in time', async () => {
    expect(await withDeadline(1_000, Promise.resolve('done'), () => 'late')).toBe('done');
    expect(await atMost(1_000, Promise.resolve())).toBe(true);
  });

  it('gives or throws what stands in for work that is late', async () => {
    expect(await withDeadline(5, never, () => 'late')).toBe('late');
    const fault = new Error('late');
    const thrown = withDeadline(5, never, () => {
      throw fault;
    });
    await expect(thrown).rejects.toBe(fault);
    expect(await atMost(5, never)).toBe(false);
  });

  it("passes the work's own fault on", async () => {
    const fault = new Error('broken');
    await expect(withDeadline(1_000, Promise.reject(fault), () => 'late')).rejects.toBe(fault);
    await expect(atMost(1_000, Promise.reject(fault))).rejects.toBe(fault);
  });
});

describe('the wait for a stream that is full', () => {
  it.each(['drain', 'close', 'status'])('ends with the event %s and leaves no listener', async (event) => {
    const stream = new EventEmitter();
    const wait = whenWritable(stream, new AbortController().signal);
    stream.emit(event);
    await wait;
    expect(stream.eventNames()).toEqual([]);
  });

  it('ends with its signal, also with one that has fired before', async () => {
    const stream = new EventEmitter();
    const abort = new AbortController();
    const wait = whenWritable(stream, abort.signal);
    abort.abort();
    await wait;
    await whenWritable(stream, abort.signal);
    expect(stream.eventNames()).toEqual([]);
  });
});
