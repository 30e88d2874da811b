import { afterEach, describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { CallMessages } from './call-messages.js';

const never = new AbortController().signal;
const open: PassThrough[] = [];
function call(): PassThrough {
  const stream = new PassThrough({ objectMode: true });
  open.push(stream);
  return stream;
}

describe('the messages of a call', () => {
  afterEach(() => {
    for (const stream of open.splice(0)) stream.destroy();
  });

  it('come one by one, and end when the client half-closes', async () => {
    const stream = call();
    const messages = new CallMessages<{ nth: number }>(stream, 5_000, never);
    stream.write({ nth: 1 });
    stream.end({ nth: 2 });
    expect([await messages.next(), await messages.next(), await messages.next()]).toEqual([
      { nth: 1 },
      { nth: 2 },
      undefined,
    ]);
  });

  it('end where no more are wanted, also while one is waited for', async () => {
    const messages = new CallMessages(call(), 5_000, never);
    const next = messages.next();
    messages.end();
    expect(await next).toBeUndefined();
    expect(await messages.next()).toBeUndefined();
    messages.close();
  });

  it('end by stream.idle_timeout where the client is silent, and by its reason where the signal fires', async () => {
    const silent = new CallMessages(call(), 10, never);
    await expect(silent.next()).rejects.toMatchObject({ code: 'stream.idle_timeout' });
    const leave = new AbortController();
    const left = new CallMessages(call(), 5_000, leave.signal);
    const next = left.next();
    leave.abort(new Error('the client has gone'));
    await expect(next).rejects.toThrow('the client has gone');
    await expect(left.next()).rejects.toThrow('the client has gone');
  });

  it('that fail later than anybody waits for them end no process', async () => {
    const stream = call();
    const messages = new CallMessages(stream, 10, never);
    await expect(messages.next()).rejects.toMatchObject({ code: 'stream.idle_timeout' });
    stream.destroy(new Error('reset'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
