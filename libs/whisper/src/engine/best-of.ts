import { type Feeds, Tensor } from '@parlance/onnx/model';
import type { DecodeAttempt } from './decode-attempt.js';
import { likeliest, type Hypothesis } from './ranking.js';
import {
  bigintsOf,
  continued,
  floats,
  floatsOf,
  floatTypeOf,
  freeAll,
  integers,
  pick,
  zeros,
} from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

/** Decoder steps of one run: between runs a job can be overtaken or given up. */
const STEPS_PER_RUN = 24;

/** Several draws from the same audio, which each step reads once for all; the likeliest is kept (openai/whisper, best_of). */
export async function drawBest(
  graphs: WhisperGraphs,
  { job, cross, rules, prefilled, decoding, temperature, seed, limit }: DecodeAttempt,
  count: number,
): Promise<Hypothesis> {
  const { eot, timestampBegin } = graphs.manifest.tokens;
  const draws = Array.from({ length: count }, () => ({ tokens: [] as number[], sum: 0, ended: false }));
  let state: Feeds = {
    ...Object.fromEntries(
      Object.entries(pick(prefilled, 'self_', 'logits')).map(([name, tensor]) => [
        name,
        repeated(tensor, count),
      ]),
    ),
    ...ruleState(timestampBegin, count),
  };
  const constant: Feeds = {
    ...cross.feeds,
    ...rules.feeds,
    self_start: integers(new Array<number>(count).fill(0), [count]),
    temperature: floats(new Float32Array(count).fill(temperature), [count, 1]),
    seed: integers(
      draws.map((_, i) => (seed + i) % 2 ** 31),
      [count, 1],
    ),
  };
  for (let written = 0; written < limit && draws.some(({ ended }) => !ended);) {
    const output = await graphs.run(job, 'decode', {
      ...constant,
      ...state,
      max_steps: integers([Math.min(STEPS_PER_RUN, limit - written)], []),
    });
    const [, steps = 0] = output.tokens?.dims ?? [];
    const ids = bigintsOf(output.tokens);
    const logProbabilities = floatsOf(output.token_logprobs);
    draws.forEach((draw, row) => {
      for (let i = row * steps; i < (row + 1) * steps && !draw.ended; i++) {
        const token = Number(ids[i]);
        draw.sum += logProbabilities[i] as number;
        if (token === eot) draw.ended = true;
        else draw.tokens.push(token);
      }
    });
    written += steps;
    freeAll(pick(state, 'self_'));
    state = { ...state, ...continued(output) };
  }
  freeAll(pick(state, 'self_', 'logits'));
  return likeliest(draws, decoding.lengthPenalty);
}

function repeated(tensor: Tensor, count: number): Tensor {
  const row = floatsOf(tensor);
  const type = floatTypeOf(tensor);
  const rows = zeros(row.length * count, type);
  for (let i = 0; i < count; i++) rows.set(row, i * row.length);
  return floats(rows, [count, ...tensor.dims.slice(1)], type);
}

function ruleState(timestampBegin: number, count: number): Feeds {
  const column = (value: number): Tensor => integers(new Array<number>(count).fill(value), [count, 1]);
  return {
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(timestampBegin - 1),
    step: column(0),
    done: new Tensor('bool', new Uint8Array(count), [count, 1]),
  };
}
