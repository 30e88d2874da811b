/** Live sessions over the real 8-bit model and voice activity, without a network, on a clock that stands still. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { driveSession, streamingWordErrorRate, type DriveOptions } from '../bench/live-session-driver.js';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { coughs, joined, music, noise, silence } from '../support/sounds.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const LETTER_TEXT = 'It is of the first importance that the letter used should be fine in form;';

describe('live sessions', () => {
  let rig: RecognitionRig;
  let letter: Float32Array;
  let gothic: Float32Array;
  let long: Float32Array;
  let conversation: Float32Array;

  const drive = (audio: Float32Array, options: DriveOptions = {}) =>
    driveSession(rig, [audio], { now: () => 0, ...options });
  const speech = async (id: string) => Float32Array.from(await loadAudio(speechFile(id)), (v) => v / 32768);

  beforeAll(async () => {
    rig = await openRecognition('int8');
    [letter, gothic] = [await speech(READ_SPEECH.letter), await speech(READ_SPEECH.gothic)];
    long = joined(letter, gothic, letter, gothic);
    conversation = joined(silence(0.5), letter, silence(0.9), gothic, silence(0.7));
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  it('gives the same finals for the same audio in frames of any length', async () => {
    const finals = async (frameSamples: (index: number) => number): Promise<string[]> => {
      const { finals: recognized } = await drive(conversation, { frameSamples });
      return recognized.map(({ text, startMs, endMs }) => `${startMs}–${endMs} ${text}`);
    };
    const whole = await finals(() => conversation.length);
    expect(whole.length).toBeGreaterThanOrEqual(2);
    expect(await finals(() => 320)).toEqual(whole);
    expect(await finals((i) => [1, 7001, 333, 16_000, 512][i % 5] ?? 1)).toEqual(whole);
  }, 120_000);

  it('never takes back what it called stable, in an utterance longer than its window', async () => {
    const { finals, interims, brokenPromises } = await drive(long, { silenceMs: 2000 });
    expect(brokenPromises).toEqual([]);
    expect(finals.length).toBe(1);
    expect(interims.filter(({ stableLength }) => stableLength > 0).length).toBeGreaterThan(5);
    expect(interims.every(({ text, stableLength }) => stableLength <= text.length)).toBe(true);
    const said = `${LETTER_TEXT} Even in Italy most of the theological and law books were printed in Gothic letter,`;
    expect(streamingWordErrorRate(`${said} ${said}`, finals)).toBeLessThan(0.1);
  }, 120_000);

  it.each([
    ['silence', () => silence(6)],
    ['faint noise', () => noise(6, 0.004)],
    ['loud noise', () => noise(6, 0.5)],
    ['music', () => music(8)],
    ['coughs', () => coughs(6)],
  ])(
    'invents no words for %s',
    async (_, sound) => {
      const { finals, interims } = await drive(sound());
      expect(interims).toEqual([]);
      expect(finals.filter(({ text }) => text !== '')).toEqual([]);
    },
    60_000,
  );

  it('recognizes what is said between a cough, a pause and music', async () => {
    const { finals } = await drive(joined(coughs(1.5), silence(1), letter, silence(1), music(3)));
    const alone = await drive(joined(letter, silence(1)));
    const rateAlone = streamingWordErrorRate(LETTER_TEXT, alone.finals);
    expect(rateAlone).toBeLessThan(0.1);
    expect(streamingWordErrorRate(LETTER_TEXT, finals)).toBeLessThanOrEqual(rateAlone);
  }, 60_000);

  it('frees what it holds whenever the client goes', async () => {
    for (const ms of [0, 40, 120, 300, 700]) {
      const gone = new AbortController();
      const session = drive(conversation, { signal: gone.signal }).catch((error: unknown) => error);
      setTimeout(() => gone.abort(), ms);
      await session;
      await until(() => rig.utterances.isIdle);
    }
    const { finals } = await drive(letter);
    expect(streamingWordErrorRate(LETTER_TEXT, finals)).toBeLessThan(0.15);
  }, 60_000);
});
