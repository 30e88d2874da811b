import { describe, expect, it } from '@jest/globals';
import type { StreamingRecognizeRequest } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { follow } from '../../../../test/support/collect.js';
import { until } from '../../../../test/support/until.js';
import { EventQueue } from '../live/event-queue.js';
import type { LiveStream, RecognitionEvent } from './live-stream.js';
import { ResumedStream } from './resumed-stream.js';

/** A second of audio that can be told from others. */
const second = (mark: number): Buffer => Buffer.alloc(32_000, mark);

/** Stands for a recogniser's stream. */
class Stream implements LiveStream {
  readonly events = new EventQueue<RecognitionEvent>();
  readonly audio: number[] = [];
  state: 'open' | 'ended' | 'cancelled' = 'open';

  async send({ audio }: StreamingRecognizeRequest): Promise<void> {
    if (audio) this.audio.push((audio as Buffer)[0]!);
  }

  end(): void {
    this.state = 'ended';
    this.events.end();
  }

  cancel(): void {
    this.state = 'cancelled';
    this.events.fail(new AppError('request.cancelled', 'left'));
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecognitionEvent> {
    return this.events[Symbol.asyncIterator]();
  }

  start(): void {
    void this.events.put({ event: 'started', started: { streamId: 's', model: 'm' } });
  }

  final(text: string, startMs: number, endMs: number): void {
    const words = [{ text, startMs, endMs, confidence: 1 }];
    const rest = { segments: [], stability: 1, stableLength: 0, language: 'en', utteranceId: text };
    const result = { ...rest, isFinal: true, text, startMs, endMs, words, measures: null, scores: null };
    void this.events.put({ event: 'result', result });
  }

  breakOff(code: 'inference.interrupted' | 'request.invalid' = 'inference.interrupted'): void {
    this.events.fail(new AppError(code, 'gone'));
  }
}

function resumed(...next: readonly Stream[]) {
  const [first, ...others] = next;
  let reopened = 0;
  const stream = new ResumedStream(first!, {
    isResumable: ({ code }) => code === 'inference.interrupted',
    reopen: async () => {
      const other = others[reopened];
      reopened += 1;
      if (!other) throw new AppError('upstream.unavailable', 'nobody');
      return other;
    },
  });
  return { stream, ...follow(stream) };
}

describe('a live stream whose recogniser breaks off', () => {
  it('goes on at another one from the last final, with the times of the whole stream', async () => {
    const [one, other] = [new Stream(), new Stream()];
    const { stream, events, ended } = resumed(one, other);
    one.start();
    for (const mark of [1, 2, 3]) await stream.send({ audio: second(mark) });
    one.final('first', 0, 1_900);
    await until(() => events.length === 2);
    one.breakOff();
    await until(() => other.audio.length === 2);
    await stream.send({ audio: second(4) });
    // What lay before the last final is not recognised twice.
    expect(other.audio).toEqual([2, 3, 4]);
    other.start();
    other.final('second', 500, 2_000);
    stream.end();
    expect(await ended).toBe('ended');
    expect(events.filter(({ started }) => started)).toHaveLength(1);
    expect(events.at(-1)?.result).toMatchObject({ text: 'second', startMs: 1_500, endMs: 3_000 });
    expect(events.at(-1)?.result?.words[0]).toMatchObject({ startMs: 1_500, endMs: 3_000 });
  });

  it('that had got all its audio is ended at the other one too', async () => {
    const [one, other] = [new Stream(), new Stream()];
    one.end = () => undefined;
    const { stream, ended } = resumed(one, other);
    await stream.send({ audio: second(1) });
    stream.end();
    one.breakOff();
    expect(await ended).toBe('ended');
    expect([other.audio, other.state]).toEqual([[1], 'ended']);
  });

  it('ends by its own fault where nobody takes over, where another could do no better, and where each breaks off', async () => {
    const alone = new Stream();
    const left = resumed(alone);
    alone.breakOff();
    expect(await left.ended).toBe('inference.interrupted');
    const [wrong, unused] = [new Stream(), new Stream()];
    const refused = resumed(wrong, unused);
    wrong.breakOff('request.invalid');
    expect(await refused.ended).toBe('request.invalid');
    const all = [new Stream(), new Stream(), new Stream(), new Stream()];
    const hopeless = resumed(...all);
    for (const one of all) one.breakOff();
    expect(await hopeless.ended).toBe('inference.interrupted');
  });

  it('is over when its client leaves', async () => {
    const [one, other] = [new Stream(), new Stream()];
    const { stream, ended } = resumed(one, other);
    stream.cancel();
    expect(await ended).toBe('request.cancelled');
    expect(other.state).toBe('open');
  });

  it('goes to a third one where the second takes no audio', async () => {
    const [one, other, third] = [new Stream(), new Stream(), new Stream()];
    other.send = () => Promise.reject(new AppError('inference.interrupted', 'gone too'));
    const { stream, ended } = resumed(one, other, third);
    await stream.send({ audio: second(1) });
    one.breakOff();
    await stream.send({ audio: second(2) }).catch(() => undefined);
    other.breakOff();
    await until(() => third.audio.length === 2);
    stream.end();
    expect(await ended).toBe('ended');
    expect(third.audio).toEqual([1, 2]);
  });
});
