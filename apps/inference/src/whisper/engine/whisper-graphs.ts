import { join } from 'node:path';
import { AppError } from '#libs/errors';
import type { Job } from '../../runtime/loaded-model.js';
import { OnnxSession, Tensor, type Feeds } from '../../runtime/onnx-session.js';
import type { ModelSource, SessionSettings } from '../../runtime/protocol.js';
import { readManifest, type WhisperManifest } from '../manifest.schema.js';
import { WhisperTokenizer } from '../tokenizer.js';

/** Stands for minus infinity, whose sums of exponentials would not be numbers. */
const FORBIDDEN = -1e30;

type GraphName = 'mel' | 'encoder' | 'prefill' | 'decode' | 'align';

/** A compiled Whisper model in memory: its graphs (tools/model-compiler/GRAPHS.md), manifest and vocabulary. */
export class WhisperGraphs {
  private readonly masks: { readonly timed: Feeds; readonly plain: Feeds };

  private constructor(
    readonly manifest: WhisperManifest,
    readonly tokenizer: WhisperTokenizer,
    private readonly sessions: Readonly<Record<GraphName, OnnxSession>>,
  ) {
    this.masks = masksOf(manifest);
  }

  /** @throws AppError model.invalid */
  static async open(source: ModelSource, settings: SessionSettings): Promise<WhisperGraphs> {
    const manifest = await readManifest(source.location);
    const open = (name: GraphName): Promise<OnnxSession> => {
      const graph =
        manifest.graphs[`${name}.${source.precision}`] ??
        manifest.graphs[name] ??
        manifest.graphs[`${name}.f32`];
      if (!graph)
        throw new AppError(
          'model.invalid',
          `The compiled model has no ${name} graph; run: parlance models build`,
        );
      return OnnxSession.open(join(source.location, graph.file), settings);
    };
    const sessions = {
      mel: await open('mel'),
      encoder: await open('encoder'),
      prefill: await open('prefill'),
      decode: await open('decode'),
      align: await open('align'),
    };
    const tokenizer = WhisperTokenizer.open(join(source.location, 'tokenizer.json'), manifest.tokens);
    return new WhisperGraphs(manifest, tokenizer, sessions);
  }

  /** What is added to the logits: at every step, and at the first sampled one. */
  filters(timestamps: boolean): Feeds {
    return timestamps ? this.masks.timed : this.masks.plain;
  }

  run(job: Job, graph: GraphName, feeds: Feeds): Promise<Feeds> {
    return job.run(this.sessions[graph], feeds);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sessions).map((session) => session.close()));
  }
}

function masksOf({ dims, suppressTokens, blankTokens, tokens }: WhisperManifest): {
  timed: Feeds;
  plain: Feeds;
} {
  const mask = (forbidden: readonly number[], from = dims.vocabulary): Tensor => {
    const values = new Float32Array(dims.vocabulary).fill(FORBIDDEN, from);
    for (const token of forbidden) values[token] = FORBIDDEN;
    return floats(values, [dims.vocabulary]);
  };
  const blank = mask(blankTokens);
  return {
    timed: { suppress: mask(suppressTokens), blank_suppress: blank },
    plain: { suppress: mask(suppressTokens, tokens.timestampBegin), blank_suppress: blank },
  };
}

export function floats(data: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor('float32', data, dims);
}

export function integers(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

export function flag(value: boolean): Tensor {
  return new Tensor('bool', Uint8Array.of(value ? 1 : 0), []);
}

/** The tensors of `from` whose names begin so, e.g. the cross-attention cache on its way from graph to graph. */
export function pick(from: Feeds, ...prefixes: readonly string[]): Feeds {
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  );
}
