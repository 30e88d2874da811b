import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGN_MODEL } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { GRAPH_VERSION } from '@parlance/model-compiler';
import { listModels, locateModel, subfolders } from '@parlance/models';
import type { ModelSource, Precision } from '@parlance/onnx';
import { SCORING_MODEL, scoringSource, SENTENCE_MODEL, SENTENCE_MODEL_KIND } from '@parlance/scoring';
import { TURN_MODEL, TURN_MODEL_KIND, VAD_MODEL } from '@parlance/vad';
import type { OutdatedModel } from './model-rebuild.js';

export interface CatalogOptions {
  /** Compiled Whisper models, one folder each. */
  readonly cacheFolder: string;
  /** Checkpoints and generic ONNX models, one folder each; earlier ones win. */
  readonly modelFolders: readonly string[];
  readonly precision: Precision;
  /** The trained models of scores; there may be none. */
  readonly scoresFolder?: string;
  /** The trained model of sign letters; there may be none. */
  readonly signsFolder?: string;
}

/** What the models of scores were trained on; they need it in f32. */
const SCORES_ENCODER = 'whisper-base';
/** ONNX models that more is done with than to run their graph. */
const KINDS: Readonly<Record<string, string>> = {
  [TURN_MODEL]: TURN_MODEL_KIND,
  [SENTENCE_MODEL]: SENTENCE_MODEL_KIND,
};

/** The models on disk. They are read on every call, so a model compiled while the service runs is found. */
export class ModelCatalog {
  constructor(private readonly options: CatalogOptions) {}

  async list(): Promise<ModelSource[]> {
    const found = new Map<string, ModelSource>();
    for (const name of await subfolders(this.options.cacheFolder)) {
      const location = join(this.options.cacheFolder, name);
      if (await exists(join(location, 'manifest.json')))
        found.set(name, { name, kind: 'whisper', location, precision: this.options.precision });
    }
    for (const { name, format, folder } of await listModels(this.options.modelFolders)) {
      if (format !== 'onnx' || found.has(name)) continue;
      const graphs = (await readdir(folder)).filter((file) => file.endsWith('.onnx'));
      const [graph] = graphs;
      // Where there are several graphs, nothing says which one is the model.
      if (graphs.length !== 1 || graph === undefined) continue;
      const kind = KINDS[name] ?? 'onnx';
      found.set(name, { name, kind, location: join(folder, graph), precision: 'f32' });
    }
    // Any generic model: one of that name in the folders above takes its place.
    const location = join(this.options.signsFolder ?? '', `${SIGN_MODEL}.onnx`);
    if (this.options.signsFolder !== undefined && !found.has(SIGN_MODEL) && (await exists(location)))
      found.set(SIGN_MODEL, { name: SIGN_MODEL, kind: 'onnx', location, precision: 'f32' });
    return [...found.values()];
  }

  /** @throws AppError model.not_found, naming the compile command where only a checkpoint exists */
  async find(name: string): Promise<ModelSource> {
    if (name === SCORING_MODEL) return this.scores();
    const source = (await this.list()).find((model) => model.name === name);
    if (source && (await isCompiledFor(source))) return source;
    if (source)
      throw new AppError(
        'model.not_found',
        `The model '${name}' is not compiled in ${source.precision}; run: parlance models build ${name}`,
      );
    if ((await locateModel(this.options.modelFolders, name))?.format === 'whisper') {
      throw new AppError(
        'model.not_found',
        `The model '${name}' is not compiled yet; run: parlance models build ${name}`,
      );
    }
    throw new AppError('model.not_found', `There is no model '${printableName(name)}'.`);
  }

  /** When a model was installed, or compiled last, seconds since 1970; undefined where its files are gone. */
  async installedAt({ kind, location }: ModelSource): Promise<number | undefined> {
    const file = kind === 'whisper' ? join(location, 'manifest.json') : location;
    return stat(file).then(
      ({ mtimeMs }) => Math.floor(mtimeMs / 1_000),
      () => undefined,
    );
  }

  /**
   * @returns what to rebuild where the compiled graphs are of another version than this code runs
   * @throws AppError model.not_found, naming the compile command, where there is no checkpoint to build it from
   */
  async outdated(source: ModelSource): Promise<OutdatedModel | undefined> {
    const model = source.kind === SCORING_MODEL ? this.scoresEncoder : source;
    const { graphVersion } = await manifestOf(model);
    if (graphVersion === undefined || graphVersion === GRAPH_VERSION) return undefined;
    const found = await locateModel(this.options.modelFolders, model.name);
    if (found?.format === 'whisper') return { model, checkpoint: found.folder, graphVersion };
    throw new AppError(
      'model.not_found',
      `The model '${model.name}' was compiled for another version and its checkpoint is not here; run: parlance models build ${model.name}`,
    );
  }

  /** The models of scores with what they stand on. @throws AppError model.not_found, naming what is missing */
  private async scores(): Promise<ModelSource> {
    const { scoresFolder, modelFolders } = this.options;
    if (scoresFolder === undefined || !(await exists(join(scoresFolder, 'scores.json'))))
      throw new AppError('model.not_found', 'There are no models of scores; PARLANCE_SCORES says where.');
    if (!(await isCompiledFor(this.scoresEncoder)) || !(await exists(this.scoresEncoder.location)))
      throw new AppError(
        'model.not_found',
        `Scores need '${SCORES_ENCODER}' compiled in f32; run: parlance models build ${SCORES_ENCODER}`,
      );
    const activity = await locateModel(modelFolders, VAD_MODEL);
    const graphs = activity ? await readdir(activity.folder) : [];
    const graph = graphs.find((file) => file.endsWith('.onnx'));
    if (!activity || graph === undefined)
      throw new AppError('model.not_found', `Scores need the model '${VAD_MODEL}'.`);
    return scoringSource({
      scores: scoresFolder,
      whisper: this.scoresEncoder.location,
      voiceActivity: join(activity.folder, graph),
    });
  }

  private get scoresEncoder(): ModelSource {
    const location = join(this.options.cacheFolder, SCORES_ENCODER);
    return { name: SCORES_ENCODER, kind: 'whisper', location, precision: 'f32' };
  }
}

interface ManifestVersions {
  readonly precisions?: readonly string[];
  readonly graphVersion?: string;
}

/** Nothing of a generic model's; a manifest that cannot be read is the loader's to refuse. */
async function manifestOf({ kind, location }: ModelSource): Promise<ManifestVersions> {
  if (kind !== 'whisper') return {};
  const manifest = await readFile(join(location, 'manifest.json'), 'utf8').catch(() => '{}');
  return parse(manifest) as ManifestVersions;
}

async function isCompiledFor(source: ModelSource): Promise<boolean> {
  const { precisions } = await manifestOf(source);
  return precisions?.includes(source.precision) ?? true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A client's own text in a message: short and on one line. */
export function printableName(name: string): string {
  return name.replace(/[^\w.:/-]/g, '?').slice(0, 64);
}
