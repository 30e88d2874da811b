import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { ConversationEvent, LiveConversation } from '../live/live-conversation.js';
import { plainSpeech, SocketConversation } from './socket-conversation.js';

/** Stands for a conversation whose recognition the test makes fail. */
class StandIn {
  isListening = false;
  pushed: Buffer[] = [];
  calls: string[] = [];
  refusal: AppError | undefined;
  fault: AppError | undefined;
  private end = Promise.withResolvers<void>();

  async startSpeech(): Promise<void> {
    this.calls.push('start');
    if (this.refusal) throw this.refusal;
    this.isListening = true;
  }

  async push(pcm: Buffer): Promise<void> {
    this.pushed.push(pcm);
  }

  async stopSpeech(): Promise<void> {
    this.calls.push('stop');
    this.isListening = false;
    if (this.fault) throw this.fault;
  }

  async answered(): Promise<void> {
    this.calls.push('answered');
  }

  async keepAlive(): Promise<void> {
    this.calls.push('alive');
  }

  async close(): Promise<void> {
    this.calls.push('close');
    this.end.resolve();
  }

  /** Has no events, and ends when it is closed. */
  [Symbol.asyncIterator](): AsyncIterator<ConversationEvent> {
    return { next: () => this.end.promise.then(() => ({ done: true, value: undefined })) };
  }
}

class TestConversation extends SocketConversation {
  constructor(
    readonly inner: StandIn,
    readonly over: AbortController,
    readonly reported: unknown[],
    ended: () => Promise<void>,
  ) {
    const client = {
      over: over.signal,
      send: async () => undefined,
      report: async (error: unknown) => void reported.push(error),
      fail: () => undefined,
    };
    super('s', inner as unknown as LiveConversation, client, { speech: () => plainSpeech(''), ended });
  }

  finishNow(): Promise<void> {
    return this.finish({ answerMs: 1_000, feedbackMs: 1_000 });
  }

  protected async tell(): Promise<void> {}
  protected async allTold(): Promise<void> {}
}

function conversation(ended: () => Promise<void> = async () => undefined): TestConversation {
  return new TestConversation(new StandIn(), new AbortController(), [], ended);
}

const FRAME = Buffer.alloc(2);

describe('the conversation of a socket', () => {
  afterEach(() => void jest.useRealTimers());

  it('listens from its begin, and is closed where it may not', async () => {
    const refused = conversation();
    refused.inner.refusal = new AppError('inference.overloaded', 'full');
    await expect(refused.begin()).rejects.toMatchObject({ code: 'inference.overloaded' });
    expect(refused.inner.calls).toEqual(['start', 'close']);
  });

  it('begins to listen anew where recognition broke off, no sooner than it was told, and loses what is said until then', async () => {
    jest.useFakeTimers();
    const one = conversation();
    await one.begin();
    await one.push(FRAME);
    one.inner.isListening = false;
    one.inner.refusal = new AppError('upstream.unavailable', 'gone', { retryAfterSeconds: 2 });
    await expect(one.push(FRAME)).rejects.toMatchObject({ code: 'upstream.unavailable' });
    await one.push(FRAME);
    expect(one.inner.calls).toEqual(['start', 'start']);
    one.inner.refusal = undefined;
    jest.advanceTimersByTime(2_100);
    await one.push(FRAME);
    expect(one.inner.calls).toEqual(['start', 'start', 'start']);
    expect(one.inner.pushed).toHaveLength(2);
    await one.abandon();
  });

  it('is kept alive while nothing is said, until it is over', async () => {
    jest.useFakeTimers();
    const one = conversation();
    await one.begin();
    jest.advanceTimersByTime(25_000);
    expect(one.inner.calls.filter((call) => call === 'alive')).toHaveLength(2);
    await one.abandon();
    jest.advanceTimersByTime(60_000);
    expect(one.inner.calls.filter((call) => call === 'alive')).toHaveLength(2);
  });

  it('ends with its client, whose last words still count, once', async () => {
    const one = conversation();
    await one.begin();
    one.over.abort();
    await one.abandon();
    expect(one.inner.calls.filter((call) => call === 'close')).toHaveLength(1);
    expect(one.inner.calls.indexOf('stop')).toBeLessThan(one.inner.calls.indexOf('close'));
  });

  it('is ended in order, and faults on the way are told', async () => {
    const one = conversation(() => Promise.reject(new AppError('store.unavailable', 'gone')));
    await one.begin();
    one.inner.fault = new AppError('audio.corrupt', 'no samples');
    await one.finishNow();
    expect(one.inner.calls).toEqual(['start', 'stop', 'answered', 'close']);
    expect(one.reported).toMatchObject([{ code: 'audio.corrupt' }, { code: 'store.unavailable' }]);
  });
});
