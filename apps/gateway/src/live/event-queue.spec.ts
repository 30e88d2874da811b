import { describe, expect, it } from '@jest/globals';
import { EventQueue } from './event-queue.js';

const later = () => new Promise((resolve) => setImmediate(resolve));

describe('a queue of events', () => {
  it('gives events in the order in which they were put, and ends after the last', async () => {
    const queue = new EventQueue<{ nth: number }>();
    void queue.put({ nth: 1 });
    void queue.put({ nth: 2 });
    queue.end();
    const seen: number[] = [];
    for await (const { nth } of queue) seen.push(nth);
    expect(seen).toEqual([1, 2]);
  });

  it('lets a writer go on only when the reader is done with its event', async () => {
    const queue = new EventQueue<{ nth: number }>();
    let isTold = false;
    void queue.put({ nth: 1 }).then(() => (isTold = true));
    const reader = queue[Symbol.asyncIterator]();
    await reader.next();
    await later();
    expect(isTold).toBe(false);
    void reader.next();
    await later();
    expect(isTold).toBe(true);
  });

  it('holds up no writer once the reader has left', async () => {
    const queue = new EventQueue<{ nth: number }>();
    const first = queue.put({ nth: 1 });
    for await (const event of queue) if (event) break;
    await first;
    await queue.put({ nth: 2 });
  });

  it('gives the reader the error, and holds up no writer after it', async () => {
    const queue = new EventQueue<{ nth: number }>();
    const put = queue.put({ nth: 1 });
    queue.fail(new Error('the bus is gone'));
    await put;
    await expect(queue[Symbol.asyncIterator]().next()).rejects.toThrow('the bus is gone');
    await queue.put({ nth: 2 });
  });
});
