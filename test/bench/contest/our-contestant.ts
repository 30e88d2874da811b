import { createInterface } from 'node:readline';
import { MAX_TOKENS, type TranscribeOptions } from '@parlance/whisper';
import { MODEL_FOLDERS } from '../../support/models.js';
import { openRecogniser } from '../our-recogniser.js';
import { readWav } from '../wav-file.js';
import type { Task } from './contestant.js';

/** `our-contestant.js COMPILED_MODELS NAME PRECISION THREADS`: the inference service's recogniser behind the peers' lines of JSON. */
const [compiled = '', name = '', precision = 'int8', threads = '2'] = process.argv.slice(2);
/** End-of-text of the English-only models. */
const END_OF_TEXT = 50256;

const { recognizer, runtime } = await openRecogniser({
  compiled,
  name,
  precision: precision as 'f32' | 'int8',
  threads: Number(threads),
  modelFolders: MODEL_FOLDERS,
});
say({ version: 'this checkout' });

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task;
  const recordings = task.recordings.map(readWav);
  const before = process.cpuUsage();
  const begun = performance.now();
  const texts: string[] = [];
  for (const samples of recordings) texts.push(await transcribe(samples, task));
  const wallSeconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  say({ wallSeconds, cpuSeconds: (user + system) / 1e6, texts });
}
await runtime.stop();

async function transcribe(samples: Int16Array, task: Task): Promise<string> {
  const transcription = recognizer.transcribe(name, samples, optionsOf(task));
  for await (const _segment of transcription) continue;
  return (await transcription.summary).text;
}

/** Greedy or beams at temperature 0 without fallback, timestamps, no text before as prompt: as the peers are asked. */
function optionsOf({ beamSize, batchSize, fixedTokens, words }: Task): TranscribeOptions {
  const fixed = fixedTokens > 0;
  return {
    language: 'en',
    withoutFallback: true,
    wordTimestamps: words,
    conditionOnPreviousText: false,
    ...(batchSize > 0 ? { batchSize } : {}),
    decoding: {
      beamSize: beamSize > 1 ? beamSize : undefined,
      // As faster-whisper's batched pipeline is at its best.
      withoutTimestamps: fixed || batchSize > 0,
      sampleLen: fixed ? fixedTokens : MAX_TOKENS,
      ...(fixed ? { suppressTokens: [-1, END_OF_TEXT], noSpeechThreshold: undefined } : {}),
    },
  };
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
