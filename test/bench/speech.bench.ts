import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecognizeResponse__Output } from '@parlance/contracts/proto/parlance/voice/v1/RecognizeResponse';
import type { SynthesizeRequest } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import type { SynthesizeResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import { NODE_FLAGS, SPEECH_ALLOCATOR } from '../../tools/dev/src/pod-memory.js';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { TtsPlatform, type TtsProcess } from '../support/tts-platform.js';
import { plainWords, wordErrors } from '../support/word-errors.js';
import { benchContext } from './bench-context.js';
import { watchResident } from './process-figures.js';
import { medianOf } from './ratios.js';

/** `npm run bench:speech`: what the local voices are like. 50 sentences of our own (test/fixtures/speech) are spoken by Piper and by
 *  Kokoro in the speech service, and recognized by whisper-base in the inference service; word error rate, Piper's pace on two threads, the
 *  time to the first audio of a ten-word sentence in a warm service, and the service's memory with Piper loaded. */
const RATE_HZ = 24_000;
const BYTES_PER_SECOND = 2 * RATE_HZ;
const RECOGNISER = 'whisper-base';
/** A Kokoro voice for each accent of English that it was trained on. */
const KOKORO_VOICES = ['af_heart', 'am_michael', 'bf_emma', 'bm_george'];

const context = benchContext(1);
const { root, settings, say } = context;
const sentences = readFileSync(join(root, 'test/fixtures/speech/sentences.en.txt'), 'utf8')
  .trim()
  .split('\n');
const tenWords = sentences.filter((sentence) => sentence.split(' ').length === 10);

interface Spoken {
  readonly audio: Buffer;
  readonly firstMs: number;
  readonly tookMs: number;
}

async function speak(tts: TtsProcess, request: SynthesizeRequest): Promise<Spoken> {
  const begun = performance.now();
  const parts: Buffer[] = [];
  let firstMs = NaN;
  const call = (await tts.client()).Synthesize({ ...request, encoding: 'SPEECH_ENCODING_PCM_S16LE' });
  for await (const { audio } of call as AsyncIterable<SynthesizeResponse__Output>) {
    if (!audio) continue;
    if (parts.length === 0) firstMs = performance.now() - begun;
    parts.push(audio);
  }
  return { audio: Buffer.concat(parts), firstMs, tookMs: performance.now() - begun };
}

/** Words recognized wrong, of a hundred. */
async function wordErrorRate(spoken: readonly Spoken[], inference: InferenceProcess): Promise<number> {
  let [wrong, words] = [0, 0];
  for (const [index, { audio }] of spoken.entries()) {
    const format = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: RATE_HZ, channels: 1 } as const;
    const config = { audio: format, model: RECOGNISER, language: 'en' };
    const recognized = await ask<object, RecognizeResponse__Output>(
      (request, callback) => inference.speech.recognize(request, callback as never),
      { config, audio },
    );
    const text = recognized.segments.map((segment) => segment.text).join(' ');
    const reference = plainWords(sentences[index]!);
    const errors = wordErrors(reference, plainWords(text));
    if (errors > 0) say(`recognized “${text.trim()}”, said “${sentences[index]}”`);
    wrong += errors;
    words += reference.length;
  }
  return (100 * wrong) / words;
}

function factor(spoken: readonly Spoken[]): number {
  return medianOf(spoken.map(({ audio, tookMs }) => tookMs / 1_000 / (audio.length / BYTES_PER_SECOND)));
}

function print(name: string, value: number, target: number, digits: number): void {
  const holds = value <= target ? 'holds' : 'short';
  process.stdout.write(`${name} ${value.toFixed(digits)} target ${target} ${holds}\n`);
}

const environment = {
  PARLANCE_MODELS: settings.modelFolders.join(','),
  PARLANCE_TTS_THREADS: String(context.threads),
  NODE_OPTIONS: NODE_FLAGS.join(' '),
  ...SPEECH_ALLOCATOR,
};
const platform = await TtsPlatform.start();
const tts = await platform.startService(environment);
let inference: InferenceProcess | undefined;
try {
  const resident = watchResident(tts.service.pid);
  const piper: Spoken[] = [];
  for (const text of sentences) piper.push(await speak(tts, { text, voice: 'joe' }));
  const firsts: number[] = [];
  for (let round = 0; round < 3; round++)
    for (const sentence of tenWords)
      // What was spoken before would come from the store.
      firsts.push(
        (await speak(tts, { text: `${sentence.slice(0, -1)}${'!?.'[round]}`, speed: 1.01 })).firstMs,
      );
  const residentMiB = resident.stop();
  print('speech-real-time-factor-piper', factor(piper), 0.15, 3);
  print('speech-first-audio-ms', medianOf(firsts), 300, 0);
  print('speech-resident-mib', residentMiB, 350, 0);

  const kokoro: Spoken[] = [];
  for (const [index, text] of sentences.entries())
    kokoro.push(await speak(tts, { text, voice: KOKORO_VOICES[index % KOKORO_VOICES.length]! }));
  say(`Kokoro's real-time factor: ${factor(kokoro).toFixed(2)}`);

  inference = await InferenceProcess.start({
    PARLANCE_MODELS: settings.modelFolders.join(','),
    PARLANCE_MODEL_CACHE: settings.compiledModels,
    PARLANCE_DEFAULT_MODEL: RECOGNISER,
  });
  print('speech-word-errors-piper', await wordErrorRate(piper, inference), 8, 1);
  print('speech-word-errors-kokoro', await wordErrorRate(kokoro, inference), 8, 1);
} finally {
  await inference?.stop();
  await tts.end('SIGTERM');
  await platform.stop();
}
