import { z } from 'zod';
import type { DecodingOptions } from '@parlance/contracts';
import { fieldFault, type FormFields, givenValue, parseRequest } from './request-fields.js';

const NAME = 'chunking_strategy';
const ELEMENT = /^chunking_strategy\[(\w{1,64})\]$/;

/** Numbers come as text where the strategy comes in elements. */
const number = (schema: z.ZodNumber) =>
  z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), schema);

/** OpenAI's fields and defaults. */
const serverVadSchema = z.object({
  [NAME]: z.strictObject({
    type: z.literal('server_vad', 'must be server_vad'),
    threshold: number(z.number().min(0).max(1)).default(0.5),
    prefix_padding_ms: number(z.number().int().min(0).max(2_000)).default(300),
    silence_duration_ms: number(z.number().int().min(0).max(10_000)).default(200),
  }),
});

/** Whether a field of a form belongs to the strategy: OpenAI's clients send each option as an element of its own. */
export function isChunkingField(name: string): boolean {
  return name === NAME || ELEMENT.test(name);
}

/**
 * How OpenAI's `chunking_strategy` has a recording cut: where voice activity finds speech, and nowhere else is listened.
 * @returns options of decoding; none where the form has no strategy
 * @throws AppError request.invalid naming the option
 */
export function readChunkingStrategy(form: FormFields): DecodingOptions {
  const given = strategyOf(form);
  if (given === undefined) return {};
  if (given === 'auto') return { vadFilter: true };
  if (typeof given === 'string') throw fieldFault(NAME, 'must be auto, or server_vad with its options.');
  const { chunking_strategy: strategy } = parseRequest(serverVadSchema, { [NAME]: given });
  return {
    vadFilter: true,
    vadThreshold: strategy.threshold,
    vadPrefixMs: strategy.prefix_padding_ms,
    vadSilenceMs: strategy.silence_duration_ms,
  };
}

/** A text, JSON, or one field for each option. */
function strategyOf(form: FormFields): unknown {
  const elements = [...form.keys()].filter((name) => ELEMENT.test(name));
  const whole = givenValue(form, NAME);
  if (elements.length > 0) {
    if (whole !== undefined) throw fieldFault(NAME, 'is given as a whole and in elements.');
    return Object.fromEntries(elements.map((name) => [ELEMENT.exec(name)![1], givenValue(form, name)]));
  }
  return whole?.startsWith('{') ? parsed(whole) : whole;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw fieldFault(NAME, 'is no JSON.');
  }
}
