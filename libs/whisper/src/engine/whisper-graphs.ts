import { join } from 'node:path';
import { AppError } from '@parlance/errors';
import type { ModelSource, SessionSettings, Stage } from '@parlance/onnx';
import { type Feeds, type Job, OnnxSession } from '@parlance/onnx/model';
import { readManifest, type WhisperManifest } from '../manifest.schema.js';
import { WhisperTokenizer } from '../text/tokenizer.js';
import type { FloatType } from './tensors.js';

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
    private readonly settings: SessionSettings,
  ) {}

  /** @throws AppError model.invalid */
  static async open(source: ModelSource, settings: SessionSettings): Promise<WhisperGraphs> {
    const manifest = await readManifest(source.location);
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

  /** One graph run for the jobs of all its rows, by whoever has been let through to the worker. */
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
    // A graph that could not be opened is tried again by whoever asks next.
    session.catch(() => this.sessions.delete(name));
    return session;
  }
}
