import { compressionRatio } from '../text/compression-ratio.js';
import type { DecodeAttempt } from './decode-attempt.js';
import type { Hypothesis } from './ranking.js';
import { isLoop } from './text-checks.js';
import type { WhisperEngine } from './whisper-engine.js';

/** From here on a loop that has shown itself will not become text again. */
const MIN_LOOP_TOKENS = 96;

/** One text: arg-max at temperature 0, a draw above (openai/whisper, decoding.py, GreedyDecoder). Goes through the decoder with others. */
export async function decodeText(engine: WhisperEngine, attempt: DecodeAttempt): Promise<Hypothesis> {
  const { batcher } = engine;
  const { tokenizer, manifest } = engine.graphs;
  const { limit, mayStopEarly, decoding } = attempt;
  const row = batcher.open(attempt);
  try {
    const tokens: number[] = [];
    let sum = 0;
    for (;;) {
      const written = await batcher.step(row, limit - tokens.length);
      const kept = Math.min(written.tokens.length, limit - tokens.length);
      for (let i = 0; i < kept; i++) {
        sum += written.logProbabilities[i] as number;
        tokens.push(written.tokens[i] as number);
      }
      if (tokens.at(-1) === manifest.tokens.eot) return { tokens: tokens.slice(0, -1), sum };
      if (tokens.length >= limit) return { tokens, sum };
      if (
        mayStopEarly &&
        tokens.length >= MIN_LOOP_TOKENS &&
        isLoop(compressionRatio(tokenizer.decode(tokens).trim()), decoding)
      )
        return { tokens, sum };
    }
  } finally {
    batcher.close(row);
  }
}
