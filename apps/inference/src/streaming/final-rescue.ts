import { msOf, samplesOf } from '@parlance/vad';
import type { Utterance } from '@parlance/whisper';

/** A loop (openai-whisper's threshold). */
const MAX_COMPRESSION = 2.4;
/** Speech behind the last committed word in which a final may find no words. */
const MAX_WORDLESS_MS = 1000;

/** Whether a text repeats itself: of what was repeated one round is left. */
export function isLoop({ compressionRatio }: Utterance): boolean {
  return compressionRatio > MAX_COMPRESSION;
}

/**
 * A final as it stands, or its audio decoded once more as a recording where the final lost the speech: a live window is short, without
 * timestamps, and counts as silence what is unsure, so that it may come out empty or as a loop where a file has text.
 * @param final  of the window
 * @param rest  the window's samples behind the last committed word
 * @param restFrom  where they begin in the window, samples
 * @param decode  as a recording
 */
export async function rescued(
  final: Utterance,
  { rest, restFrom, hasCommitted }: FinalRest,
  decode: () => Promise<Utterance>,
): Promise<Utterance> {
  const isWordless = final.words.length === 0 && (!hasCommitted || rest.length > samplesOf(MAX_WORDLESS_MS));
  if (!isWordless && !isLoop(final)) return final;
  const again = await decode();
  if (again.words.length === 0 || isLoop(again)) return final;
  const shiftMs = msOf(restFrom);
  const words = again.words.map((word) => ({
    ...word,
    startMs: word.startMs + shiftMs,
    endMs: word.endMs + shiftMs,
  }));
  return { ...again, words };
}

/** What of a window is not committed. */
export interface FinalRest {
  readonly rest: Float32Array;
  readonly restFrom: number;
  readonly hasCommitted: boolean;
}
