import { describe, expect, it } from '@jest/globals';
import { Endpointer, type Endpoint } from './endpointer.js';
import { VAD_FRAME_SAMPLES } from './voice-activity.js';

const OPTIONS = { threshold: 0.5, silenceMs: 500, maxUtteranceMs: 28_000 };
const FRAME = VAD_FRAME_SAMPLES;

/** Frames of one probability: [probability, count]. */
function run(endpointer: Endpointer, ...stretches: readonly (readonly [number, number])[]): Endpoint[] {
  return stretches.flatMap(([probability, count]) =>
    Array.from({ length: count }, () => endpointer.push(probability)).flat(),
  );
}

describe('Endpointer', () => {
  it('opens an utterance 300 ms before speech and closes it 500 ms after', () => {
    const events = run(new Endpointer(OPTIONS), [0.01, 50], [0.9, 30], [0.02, 40]);
    expect(events).toEqual([
      { kind: 'started', speechFrom: 50 * FRAME, audioFrom: 50 * FRAME - 4800 },
      { kind: 'ended', audioFrom: 50 * FRAME - 4800, audioTo: 85 * FRAME, reason: 'silence' },
    ]);
  });

  it.each([0, 600])('opens it a prefix of %i ms before speech where that is asked for', (prefixMs) => {
    const endpointer = new Endpointer({ ...OPTIONS, prefixMs });
    const [started] = run(endpointer, [0.01, 50], [0.9, 30]);
    expect(started).toMatchObject({ audioFrom: 50 * FRAME - prefixMs * 16 });
    expect(endpointer.neededFrom).toBe(started?.audioFrom);
  });

  it('hears nothing in silence, in clicks and in uncertain noise', () => {
    expect(run(new Endpointer(OPTIONS), [0.01, 100], [0.95, 2], [0.05, 20], [0.45, 200])).toEqual([]);
  });

  it('stays in the utterance while the probability is within the hysteresis', () => {
    const endpointer = new Endpointer(OPTIONS);
    expect(run(endpointer, [0.9, 10], [0.4, 100]).map((event) => event.kind)).toEqual(['started']);
    expect(endpointer.isSpeaking).toBe(true);
  });

  it('bridges pauses shorter than the silence asked for', () => {
    const pauses = run(
      new Endpointer({ ...OPTIONS, silenceMs: 800 }),
      [0.9, 10],
      [0.01, 24],
      [0.9, 10],
      [0.01, 25],
    );
    expect(pauses.map((event) => event.kind)).toEqual(['started', 'ended']);
  });

  it('cuts at the quietest frame when the utterance grows too long, and loses nothing between', () => {
    const endpointer = new Endpointer({ ...OPTIONS, maxUtteranceMs: 10_000 });
    const events = run(endpointer, [0.9, 250], [0.6, 1], [0.9, 400], [0.01, 20]);
    const ended = events.filter((event) => event.kind === 'ended');
    const started = events.filter((event) => event.kind === 'started');
    expect(ended[0]).toMatchObject({ audioTo: 251 * FRAME, reason: 'length' });
    expect(started.length).toBe(ended.length);
    for (let i = 1; i < started.length; i++) expect(started[i]?.audioFrom).toBe(ended[i - 1]?.audioTo);
    for (const { audioFrom, audioTo } of ended) expect(audioTo - audioFrom).toBeLessThanOrEqual(160_000);
  });

  it('ends the utterance on request and never gives its audio twice', () => {
    const endpointer = new Endpointer(OPTIONS);
    run(endpointer, [0.9, 20]);
    expect(endpointer.finalize()).toEqual([
      { kind: 'ended', audioFrom: 0, audioTo: 20 * FRAME, reason: 'request' },
    ]);
    expect(endpointer.finalize()).toEqual([]);
    expect(run(endpointer, [0.9, 3])).toEqual([
      { kind: 'started', speechFrom: 20 * FRAME, audioFrom: 20 * FRAME },
    ]);
  });

  it('ends an utterance that pauses no later on request than by itself', () => {
    const endpointer = new Endpointer(OPTIONS);
    run(endpointer, [0.9, 20], [0.01, 12]);
    expect(endpointer.finalize(32 * FRAME + 100)).toMatchObject([{ audioTo: 25 * FRAME }]);
  });

  it('never cuts before the place it names', () => {
    const endpointer = new Endpointer({ ...OPTIONS, maxUtteranceMs: 10_000 });
    run(endpointer, [0.9, 10]);
    const { earliestCut } = endpointer;
    expect(earliestCut).toBe(112_000);
    const events = run(endpointer, [0.5, 200], [0.9, 200]);
    const cut = events.find((event) => event.kind === 'ended');
    expect(cut?.audioTo).toBeGreaterThanOrEqual(earliestCut);
  });

  it('ends a pause at the limit that was set for it, and forgets the limit when speech resumes', () => {
    const endpointer = new Endpointer({ ...OPTIONS, silenceMs: 3000 });
    run(endpointer, [0.9, 20], [0.01, 6]);
    endpointer.limitPause(256);
    expect(run(endpointer, [0.01, 1])).toEqual([]);
    expect(run(endpointer, [0.01, 1])).toMatchObject([
      { kind: 'ended', reason: 'silence', audioTo: 25 * FRAME },
    ]);
    run(endpointer, [0.9, 20], [0.01, 6]);
    endpointer.limitPause(256);
    expect(run(endpointer, [0.9, 5], [0.01, 40])).toEqual([]);
  });

  it('ends a pause that is longer than its new limit with the next frame', () => {
    const endpointer = new Endpointer({ ...OPTIONS, silenceMs: 3000 });
    run(endpointer, [0.9, 20], [0.01, 30]);
    endpointer.limitPause(300);
    expect(run(endpointer, [0.01, 1])).toMatchObject([{ kind: 'ended', audioTo: 25 * FRAME }]);
  });

  it('takes no limit while somebody speaks and while nobody does', () => {
    const endpointer = new Endpointer(OPTIONS);
    endpointer.limitPause(1);
    run(endpointer, [0.9, 20]);
    endpointer.limitPause(1);
    expect(run(endpointer, [0.01, 10])).toEqual([]);
  });

  it('says which audio may be forgotten', () => {
    const endpointer = new Endpointer(OPTIONS);
    run(endpointer, [0.01, 100]);
    expect(endpointer.neededFrom).toBe(100 * FRAME - 4800);
    run(endpointer, [0.9, 50]);
    expect(endpointer.neededFrom).toBe(100 * FRAME - 4800);
  });
});
