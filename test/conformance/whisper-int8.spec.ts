/** The 8-bit form against the f32 one, whose texts are openai-whisper's (test/golden, see the parity suite). */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { tellFigure } from '../support/figures.js';
import { goldenSample, IS_WHOLE } from '../support/golden-sample.js';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { describeWithShared, sharedPath } from '../support/shared.js';
import { eachOf } from '../support/side-by-side.js';
import { plainWords, wordErrors } from '../support/word-errors.js';

interface Golden {
  readonly utterances: readonly { readonly audio: string; readonly text: string }[];
}

/** A decoder that lost the speech repeats itself without end; both forms do on the same recordings, for other lengths. */
const LOOP_FACTOR = 2;
/** Of all recordings; in a part of them two words are a tenth of a point, and more words than usual are wrong by chance. */
const LIMIT_POINTS = IS_WHOLE ? 0.3 : 0.6;

describeWithShared.each(['whisper-tiny.en', 'whisper-base'])('the 8-bit form of %s', (model) => {
  let rig: RecognitionRig;
  beforeAll(async () => {
    rig = await openRecognition('int8', model);
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  it('hears read English with hardly more words wrong than f32', async () => {
    const golden = JSON.parse(readFileSync(`test/golden/${model}.json`, 'utf8')) as Golden;
    const texts = new Map<string, string>(
      readFileSync(sharedPath('data/native-read/manifest.tsv'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([id, , , text]) => [`native-read/audio/${id}.opus`, text ?? ''] as const),
    );
    const errors = { f32: 0, int8: 0, words: 0 };
    const read = goldenSample(golden.utterances, 2).filter((utterance) => texts.has(utterance.audio));
    await eachOf(read, async ({ audio, text }) => {
      const reference = plainWords(texts.get(audio) ?? '');
      const transcription = rig.recognizer.transcribe('', await loadAudio(sharedPath('data', audio)), {
        language: 'en',
        temperature: 0,
        withoutFallback: true,
      });
      const transcripts: string[] = [];
      for await (const segment of transcription) transcripts.push(segment.text);
      const [f32, int8] = [plainWords(text), plainWords(transcripts.join(''))];
      if (Math.max(f32.length, int8.length) > LOOP_FACTOR * reference.length) return;
      errors.words += reference.length;
      errors.f32 += wordErrors(reference, f32);
      errors.int8 += wordErrors(reference, int8);
    });
    expect(errors.words).toBeGreaterThan(500);
    const points = (count: number): number => (100 * count) / errors.words;
    const lost = points(errors.int8) - points(errors.f32);
    tellFigure(
      `${model}: word error rate of 8 bits above f32, ${errors.words} words`,
      `${lost.toFixed(2)} points, ${points(errors.int8).toFixed(2)} % for ${points(errors.f32).toFixed(2)} %`,
      `at most ${LIMIT_POINTS} points`,
    );
    expect(lost).toBeLessThanOrEqual(LIMIT_POINTS);
  }, 600_000);
});
