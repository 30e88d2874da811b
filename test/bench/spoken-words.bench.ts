import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpeechWord } from '@parlance/contracts';
import type { RecognizeResponse__Output } from '@parlance/contracts/proto/parlance/voice/v1/RecognizeResponse';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { TtsPlatform } from '../support/tts-platform.js';
import { plainWords } from '../support/word-errors.js';
import { benchContext } from './bench-context.js';
import { medianOf } from './ratios.js';

/** `npm run bench:spoken-words`: how well the times of spoken words hold. Our own sentences (test/fixtures/speech) are spoken by each local
 *  voice and recognised by whisper-tiny.en with word times, which have an error of their own; the words that both have are compared. */
const RATE_HZ = 24_000;
const RECOGNISER = 'whisper-tiny.en';
const VOICES = ['joe', 'af_heart', 'bm_george', 'en-us'];
const SENTENCES = 25;

const { root, settings, say } = benchContext(1);
const sentences = readFileSync(join(root, 'test/fixtures/speech/sentences.en.txt'), 'utf8')
  .trim()
  .split('\n')
  .slice(0, SENTENCES);

/** Pairs of equal words, in order: the longest common subsequence. */
function common(ours: readonly SpeechWord[], theirs: readonly SpeechWord[]): [SpeechWord, SpeechWord][] {
  const plain = (words: readonly SpeechWord[]): string[] =>
    words.map(({ text }) => plainWords(text).join(''));
  const [one, other] = [plain(ours), plain(theirs)];
  const length = Array.from({ length: one.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  for (let i = one.length - 1; i >= 0; i--)
    for (let j = other.length - 1; j >= 0; j--)
      length[i]![j] =
        one[i] === other[j] && one[i] !== ''
          ? length[i + 1]![j + 1]! + 1
          : Math.max(length[i + 1]![j]!, length[i]![j + 1]!);
  const pairs: [SpeechWord, SpeechWord][] = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j] && one[i] !== '') pairs.push([ours[i++]!, theirs[j++]!]);
    else if (length[i + 1]![j]! >= length[i]![j + 1]!) i += 1;
    else j += 1;
  }
  return pairs;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const platform = await TtsPlatform.start();
const tts = await platform.startService({ PARLANCE_MODELS: settings.modelFolders.join(',') });
let inference: InferenceProcess | undefined;
try {
  inference = await InferenceProcess.start({
    PARLANCE_MODELS: settings.modelFolders.join(','),
    PARLANCE_MODEL_CACHE: settings.compiledModels,
    PARLANCE_DEFAULT_MODEL: RECOGNISER,
  });
  const { speech } = inference;
  for (const voice of VOICES) {
    const [starts, ends]: [number[], number[]] = [[], []];
    let count = 0;
    for (const text of sentences) {
      const { audio, words } = await tts.synthesize({ text, voice, encoding: 'SPEECH_ENCODING_PCM_S16LE' });
      const format = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: RATE_HZ, channels: 1 } as const;
      const config = { audio: format, model: RECOGNISER, language: 'en', wordTimestamps: true };
      const recognition = await ask<object, RecognizeResponse__Output>(
        (request, callback) => speech.recognize(request, callback as never),
        { config, audio },
      );
      const theirs = recognition.segments.flatMap((segment) => segment.words);
      count += words.length;
      for (const [ours, recognised] of common(words, theirs)) {
        starts.push(ours.startMs - recognised.startMs);
        ends.push(ours.endMs - recognised.endMs);
      }
    }
    say(
      `${voice}: ${starts.length} of ${count} words compared, lean of starts ${medianOf(starts).toFixed(0)} ms, of ends ${medianOf(ends).toFixed(0)} ms`,
    );
    for (const [what, errors] of Object.entries({ start: starts, end: ends })) {
      const absolute = errors.map(Math.abs);
      process.stdout.write(
        `spoken-words-${voice}-${what}-ms median ${medianOf(absolute).toFixed(0)} p95 ${quantile(absolute, 0.95).toFixed(0)}\n`,
      );
    }
  }
} finally {
  await inference?.stop();
  await tts.end('SIGTERM');
  await platform.stop();
}
