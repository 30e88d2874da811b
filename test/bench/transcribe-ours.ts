import { readFileSync } from 'node:fs';
import { ModelCatalog } from '../../apps/inference/src/registry/model-catalog.js';
import { ModelRegistry } from '../../apps/inference/src/registry/model-registry.service.js';
import {
  DEFAULT_RUNTIME_OPTIONS,
  InferenceRuntime,
} from '../../apps/inference/src/runtime/inference-runtime.service.js';
import { RecognizerService } from '../../apps/inference/src/whisper/recognizer.service.js';
import { readSettings } from '../../tools/dev/src/settings.js';

/** `transcribe-ours.js WAV PRECISION THREADS`: one transcription by the inference service's own recogniser. The last line is the measure. */
const [wav = '', precision = 'int8', threads = '2'] = process.argv.slice(2);
const WAV_HEADER_BYTES = 44;

const settings = readSettings();
const runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, intraOpThreads: Number(threads) });
const catalog = new ModelCatalog({
  cacheFolder: settings.compiledModels,
  modelFolders: [],
  precision: precision as 'f32' | 'int8',
});
const registry = new ModelRegistry(runtime, catalog, {
  defaultModel: 'whisper-tiny.en',
  preload: ['whisper-tiny.en'],
  signalModels: [],
});
await registry.preload();
if (!registry.isReady) throw new Error(registry.faults().join('\n'));
const recognizer = new RecognizerService(runtime, registry, { maxRecordingSeconds: 3600 });

const file = readFileSync(wav);
// Written by ffmpeg for this bench: its header may carry an extra chunk, the samples begin after `data` and its size.
const start = file.indexOf('data', 12) + 8 || WAV_HEADER_BYTES;
const pcm = new Int16Array(file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length));
await transcribe(pcm.subarray(0, 16_000 * 3));

const before = process.cpuUsage();
const begun = performance.now();
const text = await transcribe(pcm);
const wallSeconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ wallSeconds, cpuSeconds: (user + system) / 1e6, text })}\n`);
await runtime.stop();

async function transcribe(samples: Int16Array): Promise<string> {
  const transcription = recognizer.transcribe('', samples, { language: 'en' });
  for await (const _segment of transcription) continue;
  return (await transcription.summary).text;
}
