import type { Hypothesis } from './ranking.js';

/** One step of the beam graph, `k` numbers each. */
export interface BeamStep {
  readonly tokens: ArrayLike<number | bigint>;
  /** The beam of the step before that each goes on from. */
  readonly parents: ArrayLike<number | bigint>;
  /** Sums of log-probabilities of texts that ended in this step; NONE where there is no more. */
  readonly finishedScores: ArrayLike<number>;
  readonly finishedParents: ArrayLike<number | bigint>;
}

/** Scores below stand for an empty place. */
const NONE = -1e29;

/** The texts of a beam search, put together from what the graph chose (openai/whisper, decoding.py, BeamSearchDecoder). */
export class BeamHypotheses {
  private beams: (readonly number[])[];
  private readonly finished: Hypothesis[] = [];

  /** @param maxFinished round(beam size × patience) */
  constructor(
    private readonly size: number,
    private readonly maxFinished: number,
  ) {
    this.beams = Array.from({ length: size }, () => []);
  }

  get isComplete(): boolean {
    return this.finished.length >= this.maxFinished;
  }

  /** Tokens of each unfinished text. */
  get length(): number {
    return this.beams[0]?.length ?? 0;
  }

  add({ tokens, parents, finishedScores, finishedParents }: BeamStep): void {
    const before = this.beams;
    const ended = Array.from({ length: this.size }, (_, i) => ({
      tokens: before[Number(finishedParents[i])] ?? [],
      sum: finishedScores[i] as number,
    })).filter(({ sum }) => sum > NONE);
    ended.sort((a, b) => b.sum - a.sum);
    this.finished.push(...ended.slice(0, this.maxFinished - this.finished.length));
    this.beams = before.map((_, i) => [...(before[Number(parents[i])] ?? []), Number(tokens[i])]);
  }

  /** @param scores sums of log-probabilities of the unfinished texts, which fill up where too few have ended */
  finish(scores: ArrayLike<number>): readonly Hypothesis[] {
    const missing = Math.max(0, this.size - this.finished.length);
    const unfinished = this.beams
      .map((tokens, i) => ({ tokens, sum: scores[i] as number }))
      .sort((a, b) => b.sum - a.sum);
    return [...this.finished, ...unfinished.slice(0, missing)];
  }
}
