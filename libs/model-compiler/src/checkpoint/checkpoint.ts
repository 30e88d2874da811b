import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { AppError } from '@parlance/errors';
import {
  ConfigSchema,
  Ctranslate2ConfigSchema,
  GenerationConfigSchema,
  PreprocessorConfigSchema,
  ShardIndexSchema,
  TokenizerSchema,
  type Config,
  type GenerationConfig,
  type TokenizerFile,
} from './checkpoint-files.schema.js';
import { Ctranslate2File } from './ctranslate2.js';
import { SafetensorsFile } from './safetensors.js';
import type { TensorFile } from './tensor-file.js';

const SINGLE_FILE = 'model.safetensors';
const SHARD_INDEX = 'model.safetensors.index.json';
const CTRANSLATE2_FILE = 'model.bin';

/** A Whisper checkpoint folder, in Hugging Face's layout or CTranslate2's, opened for reading tensor by tensor. */
export class Checkpoint {
  private constructor(
    readonly name: string,
    readonly config: Config,
    readonly generation: GenerationConfig,
    readonly tokenizer: TokenizerFile,
    private readonly files: readonly TensorFile[],
  ) {}

  /** @param folder with config.json, tokenizer.json and safetensors (generation and preprocessor configurations are optional),
   *    or with model.bin, config.json and tokenizer.json
   *  @throws AppError model.invalid, naming the file or tensor */
  static async open(folder: string): Promise<Checkpoint> {
    const { config, generation, files } = (await isCtranslate2(folder))
      ? await openCtranslate2(folder)
      : await openSafetensors(folder);
    try {
      const tokenizer = await readJson(folder, 'tokenizer.json', TokenizerSchema);
      return new Checkpoint(basename(folder), config, generation, tokenizer, files);
    } catch (error) {
      await Promise.all(files.map((file) => file.close()));
      throw error;
    }
  }

  /** @returns the tensor as float32
   *  @throws AppError model.invalid, by its name, where it is missing, of another shape or holds what is no number */
  async read(name: string, shape: readonly number[]): Promise<Float32Array> {
    // Some exports keep the tensor names without the wrapping module's prefix.
    const [file, stored] = this.locate(`model.${name}`) ?? this.locate(name) ?? [];
    if (!file || stored === undefined)
      throw new AppError('model.invalid', `The checkpoint has no tensor model.${name}.`);
    const found = file.shape(stored);
    if (found.length !== shape.length || found.some((dim, axis) => dim !== shape[axis])) {
      throw new AppError(
        'model.invalid',
        `Tensor ${stored} has shape [${found.join(', ')}]; config.json asks for [${shape.join(', ')}].`,
      );
    }
    const values = await file.read(stored);
    const broken = firstNotFinite(values);
    if (broken !== undefined)
      throw new AppError('model.invalid', `Tensor ${stored} holds ${values[broken]} at place ${broken}.`);
    return values;
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }

  private locate(name: string): readonly [TensorFile, string] | undefined {
    const file = this.files.find((candidate) => candidate.has(name));
    return file && [file, name];
  }
}

interface OpenedWeights {
  readonly config: Config;
  readonly generation: GenerationConfig;
  readonly files: readonly TensorFile[];
}

async function openSafetensors(folder: string): Promise<OpenedWeights> {
  const config = await readJson(folder, 'config.json', ConfigSchema);
  const generation = (await exists(join(folder, 'generation_config.json')))
    ? await readJson(folder, 'generation_config.json', GenerationConfigSchema)
    : {};
  if (await exists(join(folder, 'preprocessor_config.json'))) {
    const preprocessor = await readJson(folder, 'preprocessor_config.json', PreprocessorConfigSchema);
    if (preprocessor.feature_size !== config.num_mel_bins) {
      throw new AppError(
        'model.invalid',
        'preprocessor_config.json and config.json disagree on the number of mel bands.',
      );
    }
  }
  const files: SafetensorsFile[] = [];
  try {
    for (const file of await weightFiles(folder))
      files.push(await SafetensorsFile.open(join(folder, file), file));
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
  return { config, generation, files };
}

/** CTranslate2's config.json tells what generation needs; the sizes are those of the tensors. */
async function openCtranslate2(folder: string): Promise<OpenedWeights> {
  const {
    alignment_heads,
    suppress_ids: suppress_tokens,
    suppress_ids_begin: begin_suppress_tokens,
  } = await readJson(folder, 'config.json', Ctranslate2ConfigSchema);
  const file = await Ctranslate2File.open(join(folder, CTRANSLATE2_FILE), CTRANSLATE2_FILE);
  try {
    const [width, mels] = file.shape('model.encoder.conv1.weight');
    const [context] = file.shape('model.encoder.embed_positions.weight');
    const [positions] = file.shape('model.decoder.embed_positions.weight');
    const [vocabulary] = file.shape('model.decoder.embed_tokens.weight');
    const sizes = {
      model_type: 'whisper',
      d_model: width,
      encoder_layers: file.layers('encoder'),
      decoder_layers: file.layers('decoder'),
      encoder_attention_heads: await file.integer('encoder/num_heads'),
      decoder_attention_heads: await file.integer('decoder/num_heads'),
      encoder_ffn_dim: file.shape('model.encoder.layers.0.fc1.weight')[0],
      decoder_ffn_dim: file.shape('model.decoder.layers.0.fc1.weight')[0],
      num_mel_bins: mels,
      max_source_positions: context,
      max_target_positions: positions,
      vocab_size: vocabulary,
    };
    const config = parsed(CTRANSLATE2_FILE, ConfigSchema, sizes);
    return { config, generation: { alignment_heads, suppress_tokens, begin_suppress_tokens }, files: [file] };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Safetensors win where a folder has both. */
async function isCtranslate2(folder: string): Promise<boolean> {
  if (await exists(join(folder, SHARD_INDEX))) return false;
  if (await exists(join(folder, SINGLE_FILE))) return false;
  return exists(join(folder, CTRANSLATE2_FILE));
}

function firstNotFinite(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return undefined;
}

/** Names of the checkpoint's weight files: its shards, or the single file. */
async function weightFiles(folder: string): Promise<readonly string[]> {
  if (await isCtranslate2(folder)) return [CTRANSLATE2_FILE];
  if (!(await exists(join(folder, SHARD_INDEX)))) return [SINGLE_FILE];
  const index = await readJson(folder, SHARD_INDEX, ShardIndexSchema);
  return [...new Set(Object.values(index.weight_map))].sort();
}

/** Every file of the checkpoint that the compiled model depends on and that is there. */
export async function inputFiles(folder: string): Promise<readonly string[]> {
  const candidates = [
    'config.json',
    'generation_config.json',
    'preprocessor_config.json',
    'tokenizer.json',
    ...(await weightFiles(folder)),
  ];
  const present = await Promise.all(candidates.map((file) => exists(join(folder, file))));
  return candidates.filter((_, i) => present[i]);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readJson<T extends z.ZodType>(folder: string, file: string, schema: T): Promise<z.infer<T>> {
  const text = await readFile(join(folder, file), 'utf8').catch((cause: unknown) => {
    throw new AppError('model.invalid', `The checkpoint has no ${file}.`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('model.invalid', `${file} is not JSON.`, { cause });
  }
  return parsed(file, schema, json);
}

function parsed<T extends z.ZodType>(file: string, schema: T, content: unknown): z.infer<T> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues
    .map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
    .join('; ');
  throw new AppError('model.invalid', `${file} does not describe a Whisper model: ${faults}.`);
}
