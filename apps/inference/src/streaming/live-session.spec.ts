import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { VAD_FRAME_SAMPLES } from '@parlance/vad';
import { CONFIG, FINALS_ONLY, openSession, drainTasks } from './session-fixture.js';

const FRAME_MS = 32;

describe('LiveSession', () => {
  it('tells start and end of an utterance and sends its final with times of the stream', async () => {
    const { session, decodes, events, push, results } = openSession(FINALS_ONLY);
    await push(0, 50);
    await push(0.9, 30);
    await push(0, 20);
    expect(events.map((event) => event.endpoint?.kind)).toEqual(['ENDPOINT_KIND_SPEECH_STARTED']);
    await drainTasks();
    decodes[0]?.answer('hello there');
    await session.flush();
    const [final] = results();
    expect(final).toMatchObject({ isFinal: true, text: 'hello there', startMs: 1300, endMs: 2720 });
    expect(final?.words?.map((word) => word.startMs)).toEqual([1300, 1400]);
    expect(final?.segments).toMatchObject([{ text: 'hello there', startMs: 1300, endMs: 1490 }]);
    expect(final?.measures).toMatchObject({ wordCount: 2, speechMs: 960 });
    expect(events[0]?.endpoint?.utteranceId).toBe(final?.utteranceId);
  });

  it('reports how long the first interim of an utterance took, and of no other', async () => {
    const { session, decodes, firstInterims, clock, push, results } = openSession();
    await push(0.9, 25);
    clock.ms = 700;
    decodes[0]?.answer('hello');
    await drainTasks();
    expect(results()).toMatchObject([{ isFinal: false }]);
    await push(0.9, 11);
    clock.ms = 1_500;
    decodes[1]?.answer('hello there');
    await drainTasks();
    expect(results().length).toBeGreaterThan(1);
    expect(firstInterims).toEqual([700]);
    session.stop();
  });

  it('tells the end of an utterance behind its final, at the end of the last word', async () => {
    const { session, decodes, events, push, results } = openSession({
      ...FINALS_ONLY,
      recognition: { ...CONFIG.recognition, wordTimestamps: false },
    });
    for (const text of ['hello there', '']) {
      await push(0.9, 30);
      await push(0, 20);
      await drainTasks();
      decodes.at(-1)?.answer(text);
      // What came out empty is decoded once more, as a recording.
      await drainTasks();
      decodes.at(-1)?.answer(text);
      await session.flush();
    }
    const told = events.map(({ result, endpoint }) => (result ? 'final' : endpoint?.kind));
    expect(told.slice(0, 3)).toEqual([
      'ENDPOINT_KIND_SPEECH_STARTED',
      'final',
      'ENDPOINT_KIND_UTTERANCE_END',
    ]);
    const ends = events.filter(({ endpoint }) => endpoint?.kind === 'ENDPOINT_KIND_UTTERANCE_END');
    // The second has no words: it ends where its audio does. Of 2,720 ms the first one's last word takes 190.
    expect(ends.map(({ endpoint }) => endpoint?.atMs)).toEqual([190, results().at(-1)?.endMs]);
  });

  it('decodes the final while the endpoint is awaited, shows it, and sends it the moment the endpoint comes', async () => {
    const { session, decodes, latencies, push, results } = openSession();
    await push(0.9, 15);
    await push(0, 5);
    await drainTasks();
    expect(decodes.map(({ kind, samples }) => [kind, samples / VAD_FRAME_SAMPLES])).toEqual([['final', 20]]);
    decodes[0]?.answer('all of it');
    await drainTasks();
    expect(results()).toMatchObject([{ isFinal: false, text: 'all of it', stableLength: 0 }]);
    await push(0, 11);
    await session.flush();
    expect(decodes.length).toBe(1);
    expect(results().at(-1)).toMatchObject({ isFinal: true, text: 'all of it' });
    expect(latencies).toEqual([0]);
  });

  it('goes on as if nothing were when the speaker does', async () => {
    const { session, decodes, push, results } = openSession(FINALS_ONLY);
    await push(0.9, 20);
    await push(0, 8);
    await push(0.9, 10);
    await drainTasks();
    decodes[0]?.answer('half');
    await push(0, 20);
    await drainTasks();
    expect(decodes.map(({ samples }) => samples / VAD_FRAME_SAMPLES)).toEqual([25, 43]);
    decodes[1]?.answer('half and half');
    await session.flush();
    expect(results().map((result) => result.text)).toEqual(['half and half']);
  });

  it('takes no audio past the next step while one is decoded, and commits what two agree on', async () => {
    const { session, decodes, push, results } = openSession();
    let taken = 0;
    const feeding = (async () => {
      for (; taken < 75; taken++) await push(0.9, 1);
      await push(0, 20);
    })();
    await drainTasks();
    await drainTasks();
    expect(decodes.map(({ samples }) => Math.round((samples / VAD_FRAME_SAMPLES) * FRAME_MS))).toEqual([608]);
    decodes[0]?.answer('one two tree');
    await drainTasks();
    decodes[1]?.answer('one two three four');
    await drainTasks();
    expect(results()).toMatchObject([
      { text: 'one two tree', stableLength: 0 },
      { text: 'one two three four', stableLength: 'one two'.length },
    ]);
    expect(decodes[2]).toMatchObject({ kind: 'partial', prefix: ' one two' });
    decodes[2]?.answer('three fore five');
    await feeding;
    await drainTasks();
    expect(decodes[3]).toMatchObject({ kind: 'final', prefix: ' one two three' });
    decodes[3]?.answer('for five');
    await session.flush();
    expect(results().at(-1)).toMatchObject({ isFinal: true, text: 'one two three for five' });
  });

  it('steps at the same places whatever the pieces, and further apart once a step takes too long', async () => {
    const lengthsOf = async (frameCounts: readonly number[], stepMs: number): Promise<number[]> => {
      const { decodes, clock, push } = openSession();
      const feeding = (async () => {
        for (const frameCount of frameCounts) await push(0.9, frameCount);
      })();
      for (let i = 0; i < 50; i++) {
        await drainTasks();
        clock.ms += stepMs;
        decodes.at(-1)?.answer('');
      }
      await feeding;
      return decodes.map(({ samples }) => samples / VAD_FRAME_SAMPLES);
    };
    const whole = await lengthsOf([200], 0);
    expect(whole).toEqual([19, 35, 51, 67, 83, 115, 147, 179]);
    expect(await lengthsOf(Array<number>(200).fill(1), 0)).toEqual(whole);
    expect(await lengthsOf([7, 90, 3, 33, 60, 7], 0)).toEqual(whole);
    expect(await lengthsOf([200], 1500)).toEqual([19, 51, 83, 146]);
  });

  it('shows more interims while the pod is idle, and gives one up for a step', async () => {
    const { decodes, push, results } = openSession(CONFIG, true);
    const decodedFrames = (): number[] => decodes.map(({ samples }) => samples / VAD_FRAME_SAMPLES);
    await push(0.9, 15);
    expect(decodedFrames()).toEqual([13]);
    decodes[0]?.answer('on');
    await push(0.9, 4);
    expect(results()).toMatchObject([{ text: 'on', stableLength: 0 }]);
    expect(decodedFrames()).toEqual([13, 19]);
    decodes[1]?.answer('on and');
    await drainTasks();
    await push(0.9, 14);
    expect(decodedFrames()).toEqual([13, 19, 32]);
    await push(0.9, 2);
    expect(decodes[2]?.signal?.aborted).toBe(true);
    expect(decodedFrames()).toEqual([13, 19, 32, 35]);
  });

  it('shows what is left of a loop and commits of it only what the next interim has as well', async () => {
    const { session, decodes, push, results } = openSession();
    await push(0.9, 25);
    decodes[0]?.answer('no way', 3);
    await drainTasks();
    await push(0.9, 11);
    decodes[1]?.answer('no way out');
    await drainTasks();
    expect(results().map(({ text, stableLength }) => [text, stableLength])).toEqual([
      ['no way', 0],
      ['no way out', 'no way'.length],
    ]);
    session.stop();
  });

  it('sends finals in the order spoken, whichever is decoded first', async () => {
    const { session, decodes, push, results } = openSession(FINALS_ONLY);
    for (let i = 0; i < 2; i++) {
      await push(0.9, 20);
      await push(0, 20);
    }
    await drainTasks();
    decodes[1]?.answer('second');
    await drainTasks();
    expect(results()).toEqual([]);
    decodes[0]?.answer('first');
    await session.flush();
    expect(results().map((result) => result.text)).toEqual(['first', 'second']);
  });

  it('shows nothing of an utterance before the final of the one before', async () => {
    const { decodes, push } = openSession();
    await push(0.9, 15);
    await push(0, 20);
    const feeding = push(0.9, 20);
    await drainTasks();
    expect(decodes.map((decode) => decode.kind)).toEqual(['final']);
    decodes[0]?.answer('first');
    await feeding;
    expect(decodes.map((decode) => decode.kind)).toEqual(['final', 'partial']);
  });

  it('ends the utterance on request and goes on with the next', async () => {
    const { session, decodes, push } = openSession(FINALS_ONLY);
    await push(0.9, 20);
    await session.finalize();
    await push(0.9, 20);
    expect(session.isSpeaking).toBe(true);
    expect(decodes.map((decode) => decode.samples)).toEqual([20 * VAD_FRAME_SAMPLES]);
  });

  it('takes no more audio while too many finals wait', async () => {
    const { decodes, push } = openSession(FINALS_ONLY);
    let taken = 0;
    const feeding = (async () => {
      for (; taken < 6; taken++) {
        await push(0.9, 20);
        await push(0, 20);
      }
    })();
    await drainTasks();
    expect(taken).toBe(3);
    for (let i = 0; i < 6; i++) {
      decodes[i]?.answer('x');
      await drainTasks();
    }
    await feeding;
    expect(taken).toBe(6);
  });

  it('passes over an interim that cannot be had, but not over a final', async () => {
    const { session, decodes, push, stopped } = openSession();
    await push(0.9, 25);
    decodes[0]?.refuse(new AppError('inference.overloaded', 'busy'));
    await drainTasks();
    expect(stopped).toEqual([]);
    await session.finalize();
    await drainTasks();
    decodes.at(-1)?.refuse(new AppError('inference.overloaded', 'busy'));
    await expect(session.flush()).rejects.toMatchObject({ code: 'inference.overloaded' });
    expect(stopped).toMatchObject([{ code: 'inference.overloaded' }]);
  });

  it('gives up everything it decodes when the client goes', async () => {
    const { decodes, push, gone } = openSession();
    await push(0.9, 25);
    await push(0, 5);
    await push(0, 20);
    decodes[0]?.answer('');
    await drainTasks();
    gone.abort();
    expect(decodes.map(({ kind, signal }) => [kind, signal?.aborted])).toEqual([
      ['partial', true],
      ['final', true],
    ]);
  });
});
