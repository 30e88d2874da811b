import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import type { ModelSource, OnnxSessionSettings, Stage } from '@parlance/onnx';
import { OnnxSession, type Feeds, type Job } from '@parlance/onnx/model';
import type { FloatType } from './tensors.js';
import { WhisperTokenizer } from './tokenizer.js';

const id = z.number().int().nonnegative();

/** manifest.json of a compiled model (written by libs/model-compiler); what inference does not read is not listed. */
const manifestSchema = z.object({
  formatVersion: z.number(),
  name: z.string(),
  dims: z.object({
    mels: id,
    encoderContext: id,
    vocabulary: id,
    decoderContext: id,
    decoderLayers: id,
    decoderHeads: id,
    decoderWidth: id,
  }),
  multilingual: z.boolean(),
  tokens: z.object({
    sot: id,
    eot: id,
    noTimestamps: id,
    timestampBegin: id,
    noSpeech: id,
    sotPrev: id,
    transcribe: id,
    translate: id,
    languages: z.record(z.string(), id),
  }),
  suppressTokens: z.array(id),
  blankTokens: z.array(id),
  alignmentHeads: z.array(z.tuple([id, id])),
  /** What the folder holds beside f32's encoder; the compiler may know more than this service. */
  precisions: z.array(z.string()),
  graphs: z.record(z.string(), z.object({ file: z.string() })),
});

export type WhisperManifest = z.infer<typeof manifestSchema>;

/** @throws AppError model.invalid */
export async function readWhisperManifest(folder: string): Promise<WhisperManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  } catch (cause) {
    throw new AppError(
      'model.invalid',
      'The compiled model is damaged or of another version; run: parlance models build',
      { cause },
    );
  }
}

const STAGE_OF = {
  mel: 'mel',
  encoder: 'encode',
  prefill: 'prefill',
  decode: 'decode',
  beam: 'decode',
  generate: 'decode',
  align: 'words',
} as const satisfies Record<string, Stage>;

type GraphName = keyof typeof STAGE_OF;

/** Opened with the model. Beam search and generation in one graph wait until somebody asks: their weights are a copy. */
const ALWAYS: readonly GraphName[] = ['mel', 'encoder', 'prefill', 'decode', 'align'];

/** A compiled Whisper model in memory: its graphs (libs/model-compiler/GRAPHS.md), manifest and vocabulary. */
export class WhisperGraphs {
  private readonly sessions = new Map<GraphName, Promise<OnnxSession>>();

  private constructor(
    readonly manifest: WhisperManifest,
    readonly tokenizer: WhisperTokenizer,
    private readonly source: ModelSource,
    private readonly settings: OnnxSessionSettings,
  ) {}

  /** @throws AppError model.invalid */
  static async open(source: ModelSource, settings: OnnxSessionSettings): Promise<WhisperGraphs> {
    const manifest = await readWhisperManifest(source.location);
    const tokenizer = WhisperTokenizer.open(join(source.location, 'tokenizer.json'), manifest.tokens);
    const graphs = new WhisperGraphs(manifest, tokenizer, source, settings);
    for (const name of ALWAYS) await graphs.session(name);
    return graphs;
  }

  /**
   * One graph run for one job.
   * @param fetches outputs wanted; all unless given
   */
  async run(job: Job, graph: GraphName, feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    if (!this.sessions.has(graph))
      await job.runs.pass(job.asker, () => job.runs.watched(() => this.session(graph)));
    return job.run(await this.session(graph), feeds, { stage: STAGE_OF[graph], fetches });
  }

  /** One graph run for the jobs of all its rows, in the job that may use the worker. */
  async runTogether(jobs: readonly Job[], graph: GraphName, feeds: Feeds): Promise<Feeds> {
    const session = await this.session(graph);
    const [first] = jobs;
    if (!first) throw new RangeError('a run has at least one row');
    return first.runs.call(STAGE_OF[graph], jobs, () => session.run(feeds));
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).close();
  }

  /** Whether the decoder's memory is not the host's: caches should not travel then. */
  async isRemote(): Promise<boolean> {
    return (await this.session('decode')).provider === 'cuda';
  }

  /** What the encoder's outputs, and with them all caches, are made of. */
  async cacheType(): Promise<FloatType> {
    const outputs = (await this.session('encoder')).outputs;
    return outputs.some(({ type }) => (type as string) === 'float16') ? 'float16' : 'float32';
  }

  private session(name: GraphName): Promise<OnnxSession> {
    const known = this.sessions.get(name);
    if (known) return known;
    const { graphs } = this.manifest;
    const graph = graphs[`${name}.${this.source.precision}`] ?? graphs[name] ?? graphs[`${name}.f32`];
    if (!graph)
      throw new AppError(
        'model.invalid',
        `The compiled model has no ${name} graph; run: parlance models build`,
      );
    const session = OnnxSession.open(join(this.source.location, graph.file), this.settings);
    this.sessions.set(name, session);
    // A graph that could not be opened is tried again by the next request.
    session.catch(() => this.sessions.delete(name));
    return session;
  }
}
