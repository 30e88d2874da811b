import { describe, expect, it } from '@jest/globals';
import { ResultQueue } from './result-queue.js';

async function readAll(queue: ResultQueue<number>): Promise<number[]> {
  const read: number[] = [];
  for await (const value of queue) read.push(value);
  return read;
}

describe('ResultQueue', () => {
  it('keeps values for a reader who comes late', async () => {
    const queue = new ResultQueue<number>();
    queue.push(1);
    queue.push(2);
    queue.end();
    expect(await readAll(queue)).toEqual([1, 2]);
  });

  it('tells whether it is read, and gives the reader what comes later', async () => {
    const queue = new ResultQueue<number>();
    expect(queue.isRead).toBe(false);
    const read = readAll(queue);
    await queue.reading;
    expect(queue.isRead).toBe(true);
    queue.push(1);
    queue.end();
    queue.push(2);
    expect(await read).toEqual([1]);
  });

  it('throws its failure behind the values before it', async () => {
    const queue = new ResultQueue<number>();
    queue.push(1);
    queue.fail(new Error('lost'));
    const reader = queue[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ value: 1, done: false });
    await expect(reader.next()).rejects.toThrow('lost');
  });

  it('drops what waits when it is abandoned, and tells the reason to whoever waits for a reader', async () => {
    const queue = new ResultQueue<number>();
    queue.push(1);
    queue.abandon(new Error('the one before has failed'));
    await expect(queue.reading).rejects.toThrow('the one before');
    expect(await readAll(queue)).toEqual([]);
  });
});
