import type { Job } from '../../runtime/loaded-model.js';
import type { Feeds } from '../../runtime/onnx-session.js';
import { FRAMES_PER_POSITION } from '../frames.js';
import { alignmentCost, alignWords, type AlignedWord } from './alignment.js';
import { integers } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

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
  cross: Feeds,
  { start, text, frames, language }: AlignRequest,
): Promise<AlignedWord[]> {
  if (text.length === 0) return [];
  const { noTimestamps, eot } = graphs.manifest.tokens;
  const tokens = [...start, noTimestamps, ...text, eot];
  const output = await graphs.run(job, 'align', { tokens: integers(tokens, [1, tokens.length]), ...cross });
  const [, heads = 0, rows = 0, positions = 0] = output.attention?.dims ?? [];
  const attention = { data: output.attention?.data as Float32Array, heads, tokens: rows, positions };
  const heard = Math.min(positions, Math.floor(frames / FRAMES_PER_POSITION));
  const cost = alignmentCost(attention, start.length, tokens.length - 1, heard);
  const probabilities = (output.token_probs?.data as Float32Array).subarray(
    start.length,
    start.length + text.length,
  );
  return alignWords(cost, heard, graphs.tokenizer.splitToWords([...text, eot], language), probabilities);
}
