import type { DecodeAttempt } from './decode-attempt.js';
import type { Hypothesis } from './ranking.js';
import { bigintsOf, floats, floatsOf, integers } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** One text as `decodeText` makes it, in a single run: no cache leaves the device between steps. It cannot be left early. */
export async function generateText(
  graphs: WhisperGraphs,
  { job, cross, rules, initial, temperature, seed, limit }: DecodeAttempt,
): Promise<Hypothesis> {
  const { sot, eot } = graphs.manifest.tokens;
  const output = await graphs.run(job, 'generate', {
    ...cross.feeds,
    ...rules.feeds,
    prompt: integers(initial, [1, initial.length]),
    sot_index: integers([initial.indexOf(sot)], [1]),
    temperature: floats(Float32Array.of(temperature), [1, 1]),
    seed: integers([seed], [1, 1]),
    max_steps: integers([limit], []),
  });
  const tokens = Array.from(bigintsOf(output.tokens), Number);
  const end = tokens.indexOf(eot);
  const sum = floatsOf(output.token_logprobs).reduce((total, value) => total + value, 0);
  return { tokens: end === -1 ? tokens : tokens.slice(0, end), sum };
}
