import { describe, expect, it } from '@jest/globals';
import { longestPauseMs } from '@parlance/vad';
import { PauseJudge } from './pause-judge.js';
import { CONFIG, drainTasks, FINALS_ONLY, openSession } from './session-fixture.js';

const LONGEST = longestPauseMs('medium');
const TURNS = { ...FINALS_ONLY, endpointing: { ...CONFIG.endpointing, silenceMs: LONGEST } };
const FRAME_MS = 32;

/** A judge whose model says what is next in `answers`, and what it was asked. */
function judging(...answers: readonly number[]) {
  const asked: number[] = [];
  const probability = (samples: Float32Array): Promise<number> => {
    asked.push(samples.length);
    return Promise.resolve(answers[asked.length - 1] ?? 0);
  };
  return { asked, judge: new PauseJudge({ probability }, 'medium', () => undefined) };
}

const kinds = (events: ReturnType<typeof openSession>['events']): (string | undefined)[] =>
  events.flatMap(({ endpoint }) => (endpoint ? [String(endpoint.kind).replace('ENDPOINT_KIND_', '')] : []));

describe('LiveSession with a judge of pauses', () => {
  it('ends a finished sentence within 300 ms of silence once its sound is sure', async () => {
    const { judge } = judging(0.999);
    const { session, decodes, events, push } = openSession(TURNS, false, judge);
    await push(0.9, 60);
    await push(0, 5);
    await drainTasks();
    decodes.at(-1)?.answer('That is all.');
    await drainTasks();
    await push(0, 4);
    await session.flush();
    expect(kinds(events)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
    expect(events.at(-1)?.endpoint?.endOfTurnProbability).toBeGreaterThan(0.8);
  });

  it('keeps a sentence together over a pause of 1.5 s in its middle', async () => {
    const { asked, judge } = judging(0.02, 0.999);
    const { session, decodes, events, push } = openSession(TURNS, false, judge);
    await push(0.9, 40);
    await push(0, 5);
    await drainTasks();
    decodes.at(-1)?.answer('I went to the');
    await drainTasks();
    await push(0, 1500 / FRAME_MS);
    await push(0.9, 40);
    expect(kinds(events)).toEqual(['SPEECH_STARTED']);
    await push(0, 5);
    await drainTasks();
    decodes.at(-1)?.answer('I went to the market.');
    await drainTasks();
    await push(0, 5);
    await session.flush();
    expect(kinds(events)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
    expect(asked.length).toBe(2);
  });

  it('ends an unfinished sentence after the longest pause', async () => {
    const { judge } = judging(0.001);
    const { session, decodes, events, push } = openSession(TURNS, false, judge);
    await push(0.9, 40);
    await push(0, 5);
    await drainTasks();
    decodes.at(-1)?.answer('I went to the');
    await push(0, Math.ceil(LONGEST / FRAME_MS));
    await session.flush();
    expect(kinds(events)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
  });

  it('gives the model eight seconds at most, all of them of the utterance', async () => {
    const { asked, judge } = judging(0, 0);
    const { session, push } = openSession(TURNS, false, judge);
    await push(0.9, 30);
    await push(0, 8);
    await push(0.9, 400);
    await push(0, 8);
    session.stop();
    expect(asked).toEqual([36 * 512, 128_000]);
  });

  it('says nothing of the end of a turn that the client asked for', async () => {
    const { judge } = judging(0.999);
    const { session, decodes, events, push } = openSession(TURNS, false, judge);
    await push(0.9, 40);
    await session.finalize();
    await drainTasks();
    decodes.at(-1)?.answer('That is all.');
    await session.flush();
    expect(events.at(-1)?.endpoint).not.toHaveProperty('endOfTurnProbability');
  });
});

describe('LiveSession that confirms speech', () => {
  const CONFIRMING = { ...FINALS_ONLY, confirmSpeech: true };

  it('dismisses a sound without a voice when it is over, once', async () => {
    // Samples of one value have no period.
    const { session, events, push } = openSession(CONFIRMING);
    await push(0.9, 6);
    await push(0, 8);
    expect(kinds(events)).toEqual(['SPEECH_POSSIBLE', 'SPEECH_STARTED', 'SPEECH_DISMISSED']);
    const [possible, started, dismissed] = events.map(({ endpoint }) => endpoint);
    expect(possible).toMatchObject({ utteranceId: '', atMs: 2 * FRAME_MS });
    expect(started).toMatchObject({ speechProbability: expect.closeTo(0.9), voicedMs: 0 });
    expect(dismissed).toMatchObject({ utteranceId: started?.utteranceId, atMs: 11 * FRAME_MS });
    session.stop();
  });

  it('dismisses what is over before an utterance has begun, and tells nothing of a click', async () => {
    const { session, events, push } = openSession(CONFIRMING);
    await push(0.9, 1);
    await push(0, 8);
    expect(kinds(events)).toEqual([]);
    await push(0.9, 2);
    await push(0, 8);
    expect(kinds(events)).toEqual(['SPEECH_POSSIBLE', 'SPEECH_DISMISSED']);
    expect(events[1]?.endpoint).toMatchObject({ utteranceId: '' });
    session.stop();
  });

  it('leaves the events as they are where nobody asked', async () => {
    const { session, events, push } = openSession(FINALS_ONLY);
    await push(0.9, 6);
    await push(0, 8);
    expect(kinds(events)).toEqual(['SPEECH_STARTED']);
    expect(events[0]?.endpoint).not.toHaveProperty('voicedMs');
    session.stop();
  });
});
