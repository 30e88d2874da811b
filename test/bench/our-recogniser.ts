import { dirname, join } from 'node:path';
import { ModelCatalog } from '@parlance/inference/registry/model-catalog';
import { ModelRegistry } from '@parlance/inference/registry/model-registry.service';
import { compileModel } from '@parlance/model-compiler';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime, type JobCost, type Precision } from '@parlance/onnx';
import { TURN_MODEL, TURN_MODELS } from '@parlance/vad';
import { UtteranceRecognizer, WHISPER_MODELS, WhisperRecognizer } from '@parlance/whisper';
import { modelFile, MODEL_FOLDERS } from '../support/models.js';
import type { BenchContext } from './bench-context.js';
import { compiledCheckpoint } from './peers/peer-models.js';

const VOICE_ACTIVITY = 'silero-vad';

export interface OurModels {
  /** Folder of compiled models. */
  readonly compiled: string;
  readonly name: string;
  readonly precision: Precision;
  readonly threads: number;
  /** Folders that hold silero-vad, where live speech or batches are to be recognised. */
  readonly modelFolders?: readonly string[];
  readonly alsoLoaded?: readonly string[];
}

/** tiny.en with voice activity, for live speech. @param precisions  the compiler's default ones where absent */
export async function ourModels(
  context: BenchContext,
  precisions?: readonly Precision[],
): Promise<Omit<OurModels, 'precision'>> {
  return {
    ...(await compiledCheckpoint(context, precisions)),
    threads: context.threads,
    modelFolders: MODEL_FOLDERS,
  };
}

/** The recognition of the inference service as it makes it, without its APIs. */
export interface OurRecogniser {
  readonly runtime: InferenceRuntime;
  readonly recognizer: WhisperRecognizer;
  readonly utterances: UtteranceRecognizer;
}

/** Resolves when the models are loaded. @param spent told what each job of a worker took */
export async function openRecogniser(
  models: OurModels,
  spent: (cost: JobCost) => void = () => undefined,
): Promise<OurRecogniser> {
  const { compiled, name, precision, threads, modelFolders = [], alsoLoaded = [] } = models;
  const runtime = new InferenceRuntime(
    { ...DEFAULT_RUNTIME_OPTIONS, models: [WHISPER_MODELS, TURN_MODELS], intraOpThreads: threads },
    { spent: (_lane, cost) => spent(cost) },
  );
  const catalog = new ModelCatalog({ cacheFolder: compiled, modelFolders, precision });
  const registry = new ModelRegistry(runtime, catalog, {
    defaultModel: name,
    preload: [name, ...(modelFolders.length > 0 ? [VOICE_ACTIVITY] : []), ...alsoLoaded],
    signalModels: [VOICE_ACTIVITY, TURN_MODEL],
  });
  await registry.preload();
  if (!registry.isReady) throw new Error(registry.faults().join('\n'));
  return {
    runtime,
    recognizer: new WhisperRecognizer(runtime, registry, { maxRecordingSeconds: 7200 }),
    utterances: new UtteranceRecognizer(runtime, registry),
  };
}

const MULTILINGUAL = 'whisper-base';

/** Published whisper-base in 8 bits with voice activity, compiled by this checkout. */
export async function openMultilingual(
  { settings, threads }: BenchContext,
  alsoLoaded: readonly string[] = [],
): Promise<OurRecogniser> {
  const compiled = settings.compiledModels;
  const source = dirname(modelFile(MULTILINGUAL, 'tokenizer.json'));
  await compileModel({ source, target: join(compiled, MULTILINGUAL) });
  return openRecogniser({
    compiled,
    name: MULTILINGUAL,
    precision: 'int8',
    threads,
    modelFolders: MODEL_FOLDERS,
    alsoLoaded,
  });
}
