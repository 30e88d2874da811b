import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { OnnxSession, Tensor, type Job, type OnnxSessionContext } from '@parlance/onnx/model';
import { PAUSE_FACTS } from './pause-facts.js';
import { FRAME_SECONDS } from './phone-features.js';
import { CLASSES, PHONES } from './phone-set.js';
import type { FrameScores } from './viterbi.js';

/** Scores of a whole utterance, in the models' order. */
export const TARGETS = ['accuracy', 'fluency', 'prosody', 'completeness', 'total'] as const;
export type Target = (typeof TARGETS)[number];

const numbers = z.array(z.number());
/** Lists whose order this package knows: models of another one would be read wrongly. */
const exactly = (names: readonly string[]) =>
  z
    .array(z.string())
    .refine((found) => found.join() === names.join(), 'another list than this version knows');
const intervalSchema = z.object({ knots: numbers.nonempty(), below: numbers, above: numbers });
/** scores.json, written by training/scores (export.py). */
const descriptionSchema = z.object({
  loudestLogMel: z.number(),
  frameSeconds: z.literal(FRAME_SECONDS),
  phones: exactly(PHONES),
  targets: exactly(TARGETS),
  pauseFacts: exactly(PAUSE_FACTS),
  priorShare: z.number(),
  logPriors: numbers.length(CLASSES),
  intervals: z.record(z.enum([...TARGETS, 'word', 'phone']), intervalSchema),
});
export type ScoresDescription = z.infer<typeof descriptionSchema>;

/** What the first graph says of each frame. */
export interface FrameOutputs {
  readonly logPosteriors: FrameScores;
  /** [frames, PHONES]: the score of each phone by its own regression. */
  readonly phoneExperts: Float32Array;
  /** [frames] */
  readonly wordExpert: Float32Array;
}

const GRAPHS = ['frames', 'phones', 'words', 'utterances'] as const;
type GraphName = (typeof GRAPHS)[number];

/** The trained models (training/scores/models): four small graphs, and scores.json, which says what goes in and out. */
export class ScoreModels {
  private constructor(
    readonly description: ScoresDescription,
    private readonly sessions: Readonly<Record<GraphName, OnnxSession>>,
  ) {}

  /** @throws AppError model.invalid */
  static async open(folder: string, settings: OnnxSessionContext): Promise<ScoreModels> {
    let description: ScoresDescription;
    try {
      description = descriptionSchema.parse(JSON.parse(await readFile(join(folder, 'scores.json'), 'utf8')));
    } catch (cause) {
      throw new AppError('model.invalid', 'The models of scores are damaged or of another version.', {
        cause,
      });
    }
    const sessions = {} as Record<GraphName, OnnxSession>;
    for (const name of GRAPHS)
      sessions[name] = await OnnxSession.open(join(folder, `${name}.onnx`), settings);
    return new ScoreModels(description, sessions);
  }

  /** @param layers  [frames, width] of the encoder */
  async frames(job: Job, layers: Float32Array, frames: number): Promise<FrameOutputs> {
    const width = layers.length / frames;
    const output = await job.run(this.sessions.frames, {
      layers: new Tensor('float32', layers, [frames, width]),
    });
    return {
      logPosteriors: { data: floats(output.log_posteriors), frames, classes: CLASSES },
      phoneExperts: floats(output.phone_experts),
      wordExpert: floats(output.word_expert),
    };
  }

  /** The log posteriors divided by the priors, which stand for likelihoods (Bourlard and Morgan, 1994). */
  likelihoods({ data, frames, classes }: FrameScores): FrameScores {
    const { logPriors, priorShare } = this.description;
    return { data: data.map((value, i) => value - priorShare * logPriors[i % classes]!), frames, classes };
  }

  /** @param pooled  mean and standard deviation of the encoder's frames with speech, then the pause facts
   *  @returns one score for each target, 0–10 */
  async base(job: Job, pooled: Float32Array): Promise<number[]> {
    return this.utterance(job, { pooled }, 'base');
  }

  /** @returns the score of each phone, 0–2 */
  phones(job: Job, inputs: readonly (readonly number[])[]): Promise<number[]> {
    return this.rows(job, 'phones', inputs);
  }

  /** @returns the accuracy of each word, 0–10 */
  words(job: Job, inputs: readonly (readonly number[])[]): Promise<number[]> {
    return this.rows(job, 'words', inputs);
  }

  /** @returns one score for each target, 0–10 */
  total(job: Job, inputs: readonly number[]): Promise<number[]> {
    return this.utterance(job, { features: Float32Array.from(inputs) }, 'score');
  }

  async close(): Promise<void> {
    for (const session of Object.values(this.sessions)) await session.close();
  }

  private async rows(
    job: Job,
    graph: 'phones' | 'words',
    inputs: readonly (readonly number[])[],
  ): Promise<number[]> {
    const width = inputs[0]?.length ?? 0;
    const features = new Tensor('float32', Float32Array.from(inputs.flat()), [inputs.length, width]);
    return [...floats((await job.run(this.sessions[graph], { features })).score)];
  }

  /** The graph of utterances has two steps, and both inputs must be there: what is not given is zeros. */
  private async utterance(
    job: Job,
    given: Readonly<Record<string, Float32Array>>,
    output: 'base' | 'score',
  ): Promise<number[]> {
    const session = this.sessions.utterances;
    const feeds = Object.fromEntries(
      session.inputs.map(({ name, shape }) => {
        const width = shape[1] ?? 0;
        return [name, new Tensor('float32', given[name] ?? new Float32Array(width), [1, width])];
      }),
    );
    return [...floats((await job.run(session, feeds, { fetches: [output] }))[output])];
  }
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
