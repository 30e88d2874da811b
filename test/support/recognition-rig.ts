import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ModelCatalog } from '@parlance/inference/registry/model-catalog';
import { ModelRegistry } from '@parlance/inference/registry/model-registry.service';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import { UtteranceRecognizer, WHISPER_MODELS, WhisperRecognizer } from '@parlance/whisper';
import { MODEL_ENVIRONMENT, MODEL_FOLDERS, SPINNING } from './models.js';

/** Recognition without the APIs: the classes of apps/inference over real worker threads and the compiled models. */
export interface RecognitionRig {
  readonly runtime: InferenceRuntime;
  readonly registry: ModelRegistry;
  readonly recognizer: WhisperRecognizer;
  readonly utterances: UtteranceRecognizer;
}

export async function openRecognition(
  precision: 'f32' | 'int8',
  model = 'whisper-tiny.en',
): Promise<RecognitionRig> {
  const runtime = new InferenceRuntime({
    ...DEFAULT_RUNTIME_OPTIONS,
    spinning: SPINNING,
    models: WHISPER_MODELS,
    runLimitMs: 120_000,
  });
  const catalog = new ModelCatalog({
    cacheFolder: MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE,
    modelFolders: MODEL_FOLDERS,
    precision,
  });
  const registry = new ModelRegistry(runtime, catalog, {
    defaultModel: model,
    preload: [model, 'silero-vad'],
    signalModels: ['silero-vad'],
  });
  await registry.preload();
  if (!registry.isReady) throw new Error(`models did not load: ${registry.faults().join('; ')}`);
  return {
    runtime,
    registry,
    recognizer: new WhisperRecognizer(runtime, registry, { maxRecordingSeconds: 7200 }),
    utterances: new UtteranceRecognizer(runtime, registry),
  };
}

/** A recording as openai-whisper's load_audio reads it: ffmpeg, 16 kHz mono, 16 bit. */
export async function loadAudio(file: string): Promise<Int16Array> {
  const command = [
    '-nostdin',
    '-threads',
    '0',
    '-v',
    'error',
    '-i',
    file,
    '-f',
    's16le',
    '-ac',
    '1',
    '-acodec',
    'pcm_s16le',
    '-ar',
    '16000',
    '-',
  ];
  const { stdout } = await promisify(execFile)('ffmpeg', command, { encoding: 'buffer', maxBuffer: 1 << 30 });
  return new Int16Array(
    stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength) as ArrayBuffer,
  );
}
