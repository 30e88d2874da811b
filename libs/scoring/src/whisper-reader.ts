import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { OnnxSession, Tensor, type Feeds, type Job, type OnnxSessionContext } from '@parlance/onnx/model';
import { WhisperTokenizer } from '@parlance/whisper/tokenizer';
import { inSentenceCase } from './expected-text.js';

/** Samples of a mel frame's step, and how far a frame reaches to each side of its centre. */
const HOP = 160;
const CONTEXT = 200;
/** The least that the graphs take, encoder frames. */
const FEWEST_FRAMES = 4;
/** The encoder has positions for 30 s. */
export const MOST_SAMPLES = 480_000;
/** Whisper keeps the 8 decades below the maximum. */
const DYNAMIC_RANGE = 8;
const SMALLEST_PROBABILITY = 1e-10;
/** Start of transcript, language, task, no timestamps before the text; end of text behind it. */
const CONTROL_TOKENS = 5;

const id = z.number().int().nonnegative();
const manifestSchema = z.object({
  dims: z.object({ mels: id, encoderWidth: id, encoderLayers: id, decoderContext: id }),
  tokens: z.object({
    sot: id,
    eot: id,
    transcribe: id,
    noTimestamps: id,
    languages: z.record(z.string(), id),
  }),
  graphs: z.record(z.string(), z.object({ file: z.string() })),
});

/** What the encoder makes of one recording of n frames of 20 ms. */
export interface EncodedSound {
  /** [n, blocks · width]: the residual stream behind each block, the last one normalised. */
  readonly layers: Float32Array;
  readonly frames: number;
  /** Loudest band of each of the 2n rows of the log-mel spectrogram, log10, the loudest of all at `loudest`. */
  readonly levels: Float32Array;
  /** Factor of the samples' amplitude that puts the loudest there. */
  readonly gain: number;
  /** Keys and values for the decoder. */
  readonly cross: Feeds;
  /** Gives the memory back at once, some 15 MB for 10 s; to be called however the scoring ended. */
  release(): void;
}

/** The published whisper-base as the scores' models were trained on it: encoder blocks and likelihoods of a text, in f32
 *  (training/scores' whisper.py). */
export class WhisperReader {
  private constructor(
    private readonly manifest: z.infer<typeof manifestSchema>,
    private readonly tokenizer: WhisperTokenizer,
    private readonly mel: OnnxSession,
    private readonly encoder: OnnxSession,
    private readonly decoder: OnnxSession,
  ) {}

  /** @param folder  a compiled model (libs/model-compiler/GRAPHS.md)
   *  @throws AppError model.invalid */
  static async open(folder: string, settings: OnnxSessionContext): Promise<WhisperReader> {
    const manifest = await readManifestOf(folder);
    const open = (name: string): Promise<OnnxSession> => {
      const graph = manifest.graphs[name];
      if (!graph)
        throw new AppError(
          'model.invalid',
          `The compiled model has no ${name} graph, which scores need; run: parlance models build`,
        );
      return OnnxSession.open(join(folder, graph.file), settings);
    };
    const tokenizer = WhisperTokenizer.open(join(folder, 'tokenizer.json'), manifest.tokens);
    const [mel, encoder, decoder] = [await open('mel'), await open('layers.f32'), await open('align.f32')];
    return new WhisperReader(manifest, tokenizer, mel, encoder, decoder);
  }

  /** Numbers of one frame of `EncodedSound.layers`. */
  get frameWidth(): number {
    return this.manifest.dims.encoderLayers * this.manifest.dims.encoderWidth;
  }

  /**
   * @param samples  16 kHz mono, at most MOST_SAMPLES. A recording is encoded at its own length.
   * @param loudest  where the maximum of the log-mel spectrogram is put, so that nothing depends on the gain
   */
  async encode(job: Job, samples: Float32Array, loudest: number): Promise<EncodedSound> {
    const frames = Math.max(FEWEST_FRAMES, Math.floor(samples.length / HOP / 2));
    const { mels } = this.manifest.dims;
    const padded = withContext(samples, 2 * frames);
    const { log_mel: output } = await job.run(
      this.mel,
      { samples: new Tensor('float32', padded, [1, padded.length]) },
      { stage: 'mel' },
    );
    const logMel = output!.data as Float32Array;
    const shift = loudest - logMel.reduce((most, value) => Math.max(most, value), -Infinity);
    const levels = new Float32Array(2 * frames).fill(-Infinity);
    const normalised = job.measure('mel', () =>
      logMel.map((value, i) => {
        const at = i % levels.length;
        levels[at] = Math.max(levels[at]!, value + shift);
        return (Math.max(value + shift, loudest - DYNAMIC_RANGE) + 4) / 4;
      }),
    );
    const outputs = await job.run(
      this.encoder,
      { mel: new Tensor('float32', normalised, [1, mels, 2 * frames]) },
      { stage: 'encode' },
    );
    const { layers, ...cross } = outputs;
    const release = (): void => {
      for (const { data } of Object.values(outputs)) (data as Float32Array<ArrayBuffer>).buffer.transfer(0);
    };
    return { layers: layers!.data as Float32Array, frames, levels, gain: 10 ** (shift / 2), cross, release };
  }

  /** Tokens of each word as it stands in a sentence. */
  tokensOf(words: readonly string[]): number[][] {
    return inSentenceCase(words).map((word) => this.tokenizer.encode(` ${word}`));
  }

  /** How many tokens a text may have. */
  get mostTokens(): number {
    return this.manifest.dims.decoderContext - CONTROL_TOKENS;
  }

  /** @param words  the tokens of each, together at most mostTokens
   *  @returns for each word the natural logarithms of its tokens' probabilities, given the recording and the words before it */
  async wordLikelihoods(
    job: Job,
    { cross, frames }: EncodedSound,
    words: readonly (readonly number[])[],
  ): Promise<number[][]> {
    const { sot, transcribe, noTimestamps, eot, languages } = this.manifest.tokens;
    const start = [sot, languages.en!, transcribe, noTimestamps];
    const tokens = [...start, ...words.flat(), eot];
    const integers = (values: readonly number[], dims: readonly number[]): Tensor =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
    const feeds = { tokens: integers(tokens, [1, tokens.length]), heard: integers([frames], [1]), ...cross };
    const { token_probs: output } = await job.run(this.decoder, feeds, {
      stage: 'words',
      fetches: ['token_probs'],
    });
    const logs = Array.from(output!.data as Float32Array, (probability) =>
      Math.log(Math.max(probability, SMALLEST_PROBABILITY)),
    );
    let at = start.length - 1;
    return words.map((word) => logs.slice(at, (at += word.length)));
  }

  async close(): Promise<void> {
    for (const session of [this.mel, this.encoder, this.decoder]) await session.close();
  }
}

async function readManifestOf(folder: string): Promise<z.infer<typeof manifestSchema>> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    if (manifest.tokens.languages.en === undefined) throw new Error('the model is not multilingual');
    return manifest;
  } catch (cause) {
    throw new AppError('model.invalid', 'The compiled Whisper model that scores need cannot be read.', {
      cause,
    });
  }
}

/** The samples of so many mel frames: reflected at both ends (sample 0 and the last one not repeated), then zeros. */
function withContext(samples: Float32Array, melFrames: number): Float32Array {
  const padded = new Float32Array(2 * CONTEXT + (melFrames - 1) * HOP);
  const period = Math.max(1, 2 * (samples.length - 1));
  const reflected = Math.min(padded.length, samples.length + 2 * CONTEXT);
  for (let i = 0; i < reflected; i++) {
    const at = (((i - CONTEXT) % period) + period) % period;
    padded[i] = samples[at < samples.length ? at : period - at] ?? 0;
  }
  return padded;
}
