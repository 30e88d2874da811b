/** How recognition behaves around the decoding itself, over the real 8-bit model. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf, type Transcription, type UtteranceOptions } from '@parlance/whisper';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { speechFile } from '../support/speech-samples.js';
import { plainWords } from '../support/word-errors.js';

const SAMPLE_RATE_HZ = 16_000;

describe('the recognizer', () => {
  let rig: RecognitionRig;
  let speech: Int16Array;

  beforeAll(async () => {
    rig = await openRecognition('int8');
    speech = await loadAudio(speechFile('LJ003-0041'));
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  async function text(transcription: Transcription): Promise<string> {
    for await (const segment of transcription) expect(segment.endMs).toBeGreaterThan(segment.startMs);
    return (await transcription.summary).text;
  }

  it('recognizes the same in a recording that comes in frames, and gives its length', async () => {
    const whole = rig.recognizer.transcribe('', speech);
    const frames = Array.from({ length: Math.ceil(speech.length / 5000) }, (_, i) =>
      speech.subarray(i * 5000, (i + 1) * 5000),
    );
    const joined = await text(rig.recognizer.transcribe('', frames));
    expect(joined).toContain('air and light');
    expect(joined).toBe(await text(whole));
    expect((await whole.summary).audioMs).toBe(Math.round((speech.length * 1000) / SAMPLE_RATE_HZ));
  }, 60_000);

  it('keeps the likeliest text where every temperature fails, not the one drawn last', async () => {
    const recording = await loadAudio(speechFile('LJ002-0140'));
    const greedy = await text(rig.recognizer.transcribe('', recording, { withoutFallback: true }));
    const transcription = rig.recognizer.transcribe('', recording, { decoding: { logprobThreshold: 0 } });
    const temperatures: number[] = [];
    for await (const { temperature } of transcription) temperatures.push(temperature);
    expect(new Set(temperatures)).toEqual(new Set([1]));
    expect((await transcription.summary).text).toBe(greedy);
  }, 60_000);

  it('recognizes the rest of a live utterance behind the words that are committed', async () => {
    const samples = Float32Array.from(speech.subarray(0, 5 * SAMPLE_RATE_HZ), (value) => value / 32768);
    const recognize = (options: UtteranceOptions) => rig.utterances.recognizeUtterance('', samples, options);
    const { words } = await recognize({ kind: 'final' });
    expect(textOf(words)).toContain('air and light');
    words.forEach((word, i) => expect(word.startMs).toBeGreaterThanOrEqual(words[i - 1]?.endMs ?? 0));
    for (const committed of [1, 4, 9]) {
      const prefix = words.slice(0, committed);
      const rest = await recognize({ kind: 'partial', prefix });
      expect(plainWords(textOf([...prefix, ...rest.words]))).toEqual(plainWords(textOf(words)));
    }
  }, 60_000);

  it.each([
    ['silence', () => 0],
    ['noise', whiteNoise(0.025)],
  ])(
    'invents no words in %s',
    async (_, sample) => {
      const samples = Float32Array.from({ length: 4 * SAMPLE_RATE_HZ }, sample);
      for (const kind of ['partial', 'final'] as const) {
        const { words } = await rig.utterances.recognizeUtterance('', samples, {
          kind,
          withoutFallback: true,
        });
        expect({ kind, words }).toEqual({ kind, words: [] });
      }
    },
    60_000,
  );

  it.each([
    ['request.cancelled', () => rig.recognizer.transcribe('', speech, { signal: AbortSignal.timeout(50) })],
    ['request.deadline_exceeded', () => rig.recognizer.transcribe('', speech, { deadline: Date.now() + 50 })],
    ['audio.empty', () => rig.recognizer.transcribe('', new Int16Array(0))],
    ['model.not_found', () => rig.recognizer.transcribe('nobody', speech)],
    ['model.language_unsupported', () => rig.recognizer.transcribe('', speech, { language: 'de' })],
  ])('ends with %s, in the segments and in the summary', async (code, start) => {
    const transcription = start();
    await expect(text(transcription)).rejects.toMatchObject({ code });
    await expect(transcription.summary).rejects.toMatchObject({ code });
  });
});

/** Samples of white noise up to `peak`, the same at every run (a linear congruential generator). */
function whiteNoise(peak: number): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * peak;
  };
}
