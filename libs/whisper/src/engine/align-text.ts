import type { Job } from '@parlance/onnx/model';
import { FRAMES_PER_POSITION } from '../frames.js';
import { alignWords, type AlignedWord } from './alignment.js';
import type { CrossAttention } from './cross-attention.js';
import { floatsOf, freeAll, integers } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Positions that the graph's running median wants at least. */
const MIN_HEARD = 4;

export interface AlignRequest {
  /** The start sequence the text was decoded behind. */
  readonly start: readonly number[];
  /** Text tokens alone. */
  readonly text: readonly number[];
  /** Mel frames that are recording. */
  readonly frames: number;
  readonly language: string;
}

/** Words of a decoded text with their times in the window: the text is read once more, and where its tokens look is followed. */
export async function alignText(
  graphs: WhisperGraphs,
  job: Job,
  cross: CrossAttention,
  { start, text, frames, language }: AlignRequest,
): Promise<AlignedWord[]> {
  if (text.length === 0) return [];
  const { noTimestamps, eot } = graphs.manifest.tokens;
  const tokens = [...start, noTimestamps, ...text, eot];
  const heard = Math.max(MIN_HEARD, Math.min(cross.positions, Math.floor(frames / FRAMES_PER_POSITION)));
  const feeds = {
    tokens: integers(tokens, [1, tokens.length]),
    heard: integers([heard], [1]),
    ...cross.tensors,
  };
  const output = await graphs.run(job, 'align', feeds, ['cost', 'token_probs']);
  return job.measure('words', () => {
    // From the row that writes the first text token to the one that writes the end token.
    const cost = floatsOf(output.cost).subarray(start.length * heard, (tokens.length - 1) * heard);
    const probabilities = floatsOf(output.token_probs).subarray(start.length, start.length + text.length);
    const words = graphs.tokenizer.splitToWords([...text, eot], language);
    const aligned = alignWords(cost, heard, words, probabilities);
    freeAll(output);
    return aligned;
  });
}
