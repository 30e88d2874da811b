/** What the trained models of the repository say of real recordings, and of the same ones with faults put in. How well they agree with raters
 *  is in their card. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import { SCORING_MODELS, scoringSource, SpeechScorer, type ScriptedScores } from '@parlance/scoring';
import { MODEL_ENVIRONMENT, modelFile, SPINNING } from '../support/models.js';
import { loadAudio } from '../support/recognition-rig.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';

const FOLDER = 'training/scores/models';
const LETTER = 'It is of the first importance that the letter used should be fine in form.';
const SECOND = 16_000;

jest.setTimeout(60_000);

const trained = existsSync(join(FOLDER, 'scores.json')) ? describe : describe.skip;

trained('the trained models of scores (skipped where training/scores has made none)', () => {
  let runtime: InferenceRuntime;
  let scorer: SpeechScorer;
  let samples: Float32Array;
  let read: ScriptedScores;

  beforeAll(async () => {
    runtime = new InferenceRuntime({
      ...DEFAULT_RUNTIME_OPTIONS,
      ...{ spinning: SPINNING, models: SCORING_MODELS },
    });
    await runtime.load(
      scoringSource({
        scores: FOLDER,
        whisper: join(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, 'whisper-base'),
        voiceActivity: modelFile('silero-vad', 'silero_vad.onnx'),
      }),
    );
    scorer = new SpeechScorer(runtime);
    samples = Float32Array.from(await loadAudio(speechFile(READ_SPEECH.letter)), (each) => each / 32768);
    read = await score(samples);
  }, 120_000);
  afterAll(() => runtime?.stop());

  const score = (sound: Float32Array): Promise<ScriptedScores> =>
    scorer.score({ samples: sound, text: LETTER }, { priority: 'final' });

  it('find a trained reader good', () => {
    for (const each of Object.values(read.utterance)) expect(each!.value).toBeGreaterThan(75);
    expect(read.words.every(({ accuracy }) => accuracy!.value > 75)).toBe(true);
  });

  it('find the same reader less fluent with pauses within phrases', async () => {
    const parts = [0, 1, 2, 3].map((second) => samples.subarray(second * SECOND, (second + 1) * SECOND));
    const halting = new Float32Array(parts.length * 2 * SECOND);
    parts.forEach((part, i) => halting.set(part, i * 2 * SECOND));
    const { fluency, prosody } = (await score(halting)).utterance;
    expect(fluency!.value).toBeLessThan(read.utterance.fluency!.value - 10);
    expect(prosody!.value).toBeLessThan(read.utterance.prosody!.value - 10);
  });

  it('lower the score of the word that is cut out of the sound, more than that of any other', async () => {
    const index = read.words.findIndex(({ text }) => text === 'importance');
    const { startMs, endMs } = read.words[index]!;
    const cut = samples.slice();
    cut.fill(0, (startMs! * SECOND) / 1000, (endMs! * SECOND) / 1000);
    const { words, utterance } = await score(cut);
    const falls = words.map(({ accuracy }, i) => read.words[i]!.accuracy!.value - accuracy!.value);
    expect(falls[index]).toBeGreaterThan(15);
    expect(falls.indexOf(Math.max(...falls))).toBe(index);
    expect(utterance.accuracy!.value).toBeLessThan(read.utterance.accuracy!.value);
  });
});
