import { describe, expect, it } from '@jest/globals';
import { DrainRate, JobQueue, type QueuedJob, type RunOptions } from './job-queue.js';

/** Puts jobs in; `taken` lists them as they are taken, one for each place. */
function open(maxQueued = 100) {
  const queue = new JobQueue(maxQueued);
  const push = (name: string, options: Partial<RunOptions> = {}, model = 'm'): Promise<unknown> => {
    const done = queue.push(model, name, null, { priority: 'bulk', ...options });
    done.catch(() => undefined);
    return done;
  };
  const taken = (slots: number, isFree: (job: QueuedJob) => boolean = () => true): string[] => {
    const names: string[] = [];
    queue.dispatch((job) => {
      if (names.length >= slots || !isFree(job)) return false;
      names.push(job.operation);
      job.resolve(undefined);
      return true;
    });
    return names;
  };
  return { queue, push, taken };
}

const overloaded = (retryAfterSeconds: number) =>
  expect.objectContaining({ code: 'inference.overloaded', retryable: true, retryAfterSeconds });

describe('the job queue', () => {
  it('serves finals before partials and partials before recordings', () => {
    const { push, taken } = open();
    for (const priority of ['bulk', 'partial', 'final'] as const) void push(priority, { priority });
    expect(taken(3)).toEqual(['final', 'partial', 'bulk']);
  });

  it('lets tenants take turns: fifty jobs of one do not starve the single ones of others', () => {
    const { push, taken } = open();
    for (let i = 0; i < 50; i++) void push(`big ${i}`, { tenant: 'big' });
    expect(taken(2)).toEqual(['big 0', 'big 1']);
    void push('small', { tenant: 'small' });
    void push('tiny', { tenant: 'tiny' });
    expect(taken(4)).toEqual(['big 2', 'small', 'tiny', 'big 3']);
    void push('small again', { tenant: 'small' });
    expect(taken(2)).toEqual(['big 4', 'small again']);
    expect(taken(100)).toHaveLength(45);
  });

  it('serves the earliest deadline of a tenant first, then the earliest arrival', () => {
    const { push, taken, queue } = open();
    const soon = Date.now() + 60_000;
    void push('no deadline');
    void push('later', { deadline: soon + 1000 });
    void push('soon', { deadline: soon });
    void push('soon too', { deadline: soon });
    expect(taken(4)).toEqual(['soon', 'soon too', 'later', 'no deadline']);
    expect(queue.size).toBe(0);
  });

  it('passes by jobs of a model without a free place', () => {
    const { push, taken } = open();
    void push('first', {}, 'busy');
    void push('second', {}, 'free');
    void push('third', {}, 'busy');
    expect(taken(9, (job) => job.model === 'free')).toEqual(['second']);
    expect(taken(9)).toEqual(['first', 'third']);
  });

  it('says no when it is full, and keeps a quarter from a single tenant', async () => {
    const { push } = open(4);
    for (let i = 0; i < 3; i++) void push(`big ${i}`, { tenant: 'big' });
    await expect(push('too many', { tenant: 'big' })).rejects.toEqual(overloaded(1));
    void push('other', { tenant: 'other' });
    await expect(push('full', { tenant: 'third' })).rejects.toEqual(overloaded(1));
  });

  it('lets go of a job at once when it is cancelled or late', async () => {
    const { push, taken, queue } = open();
    const abort = new AbortController();
    const cancelled = push('cancelled', { signal: abort.signal });
    const late = push('late', { deadline: Date.now() + 5 });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'request.cancelled' });
    await expect(late).rejects.toMatchObject({ code: 'request.deadline_exceeded' });
    await expect(push('too late', { signal: abort.signal })).rejects.toMatchObject({
      code: 'request.cancelled',
    });
    expect(queue.size).toBe(0);
    expect(taken(9)).toEqual([]);
  });
});

describe('the hint when to come back', () => {
  it('follows the pace at which jobs leave', () => {
    const rate = new DrainRate();
    expect(rate.retryAfterSeconds(64, 0)).toBe(1);
    for (let job = 0; job < 40; job++) rate.note(job * 250);
    // A quarter of a second each: 32 jobs are gone in 8 s.
    expect(rate.retryAfterSeconds(64, 10_000)).toBe(8);
    expect(rate.retryAfterSeconds(64, 1_000_000)).toBe(30);
  });
});
