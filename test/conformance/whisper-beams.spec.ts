/**
 * Beam search and word times of our f32 form against openai-whisper's on the same checkpoint
 * (test/golden/whisper-tiny.en-beams.json, made by tools/dev/goldens/recordings.py).
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TranscribeOptions, Word } from '../../apps/inference/src/whisper/recognition.types.js';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { describeWithShared, sharedPath } from '../support/shared.js';
import { eachOf } from '../support/side-by-side.js';

interface Golden {
  readonly options: { readonly beams: number };
  readonly utterances: readonly {
    readonly audio: string;
    readonly beamText: string;
    /** text, start, end (seconds), probability */
    readonly words?: readonly (readonly [string, number, number, number])[];
  }[];
}

const EQUAL_TEXTS = 0.95;
const PUNCTUAL_WORDS = 0.95;
const WORD_TOLERANCE_MS = 60;

describeWithShared('Whisper’s beams and words against openai-whisper’s', () => {
  const golden = JSON.parse(readFileSync('test/golden/whisper-tiny.en-beams.json', 'utf8')) as Golden;
  let rig: RecognitionRig;

  beforeAll(async () => {
    rig = await openRecognition('f32');
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  async function hear(
    audio: string,
    options: TranscribeOptions,
  ): Promise<{ readonly text: string; readonly words: readonly Word[] }> {
    const samples = await loadAudio(sharedPath('data', audio));
    const greedy = { language: 'en', temperature: 0, withoutFallback: true };
    const transcription = rig.recognizer.transcribe('', samples, { ...greedy, ...options });
    const words: Word[] = [];
    for await (const segment of transcription) words.push(...segment.words);
    return { text: (await transcription.summary).text, words };
  }

  it('writes the same text by beam search on at least 95 % of recordings', async () => {
    const beams = { decoding: { beamSize: golden.options.beams } };
    const texts = await eachOf(golden.utterances.slice(0, 24), async ({ audio, beamText }) => ({
      audio,
      ours: (await hear(audio, beams)).text,
      theirs: beamText.trim(),
    }));
    const different = texts.filter(({ ours, theirs }) => ours !== theirs);
    if (different.length > texts.length * (1 - EQUAL_TEXTS)) expect(different).toEqual([]);
    expect(different.length / texts.length).toBeLessThanOrEqual(1 - EQUAL_TEXTS);
  }, 300_000);

  it('puts at least 95 % of words within 60 ms, where the text is the same', async () => {
    const timed = golden.utterances.filter(({ words }) => words).slice(0, 12);
    const words = await eachOf(timed, async ({ audio, words: theirs = [] }) => {
      const ours = (await hear(audio, { wordTimestamps: true })).words;
      const isSame = ours.map(({ text }) => text).join(' ') === theirs.map(([text]) => text.trim()).join(' ');
      return isSame
        ? theirs.map(([, start], i) => Math.abs((ours[i]?.startMs ?? Infinity) - Math.round(start * 1000)))
        : [];
    });
    const gaps = words.flat();
    expect(gaps.length).toBeGreaterThan(150);
    const punctual = gaps.filter((ms) => ms <= WORD_TOLERANCE_MS);
    expect(punctual.length / gaps.length).toBeGreaterThanOrEqual(PUNCTUAL_WORDS);
  }, 300_000);
});
