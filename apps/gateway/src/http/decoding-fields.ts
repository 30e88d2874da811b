import { z } from 'zod';
import { decodingOptionsAmong, decodingOptionsSchema, type DecodingOptions } from '@parlance/contracts';
import { fieldFault, fieldValues, type FormFields, onlyValue, parseRequest } from './request-fields.js';

/** Those that take more than one value. */
const LISTS: ReadonlySet<string> = new Set(['temperatures', 'clip_timestamps']);

/** Names of the fields that `readDecodingFields` reads. */
export const DECODING_FIELDS: readonly string[] = [
  ...Object.keys(decodingOptionsSchema.shape),
  'temperature',
  'temperature_increment_on_fallback',
];

export interface DecodingForm {
  /** Where decoding starts. */
  readonly temperature: number;
  readonly decoding: DecodingOptions;
}

/**
 * openai/whisper's decoding options as form fields by their names, beside OpenAI's own. `temperature` may be a list;
 * `temperature_increment_on_fallback` says what follows a single one (`none`: nothing).
 * @throws AppError request.invalid naming the field
 */
export function readDecodingFields(form: FormFields): DecodingForm {
  const names = Object.keys(decodingOptionsSchema.shape);
  const fields = parseRequest(decodingOptionsSchema, fieldValues(form, names, LISTS));
  const { temperature, temperatures } = readTemperatures(form);
  return {
    temperature,
    decoding: decodingOptionsAmong({ ...fields, ...(temperatures && { temperatures }) }),
  };
}

/** For the OpenAPI page. */
export function decodingProperties(): Record<string, object> {
  const { properties = {} } = z.toJSONSchema(decodingOptionsSchema, { io: 'output' });
  return properties as Record<string, object>;
}

function readTemperatures(form: FormFields): { temperature: number; temperatures?: number[] } {
  const list = (form.get('temperature') ?? [])
    .flatMap((value) => value.split(','))
    .filter((value) => value.trim() !== '')
    .map(Number);
  if (!list.every((value) => value >= 0 && value <= 1))
    throw fieldFault('temperature', 'must be a number from 0 to 1, or a list of them.');
  const [temperature = 0] = list;
  if (list.length > 1) return { temperature, temperatures: list };
  const increment = onlyValue(form, 'temperature_increment_on_fallback')?.trim().toLowerCase();
  if (!increment) return { temperature };
  const step = increment === 'none' ? 0 : Number(increment);
  if (!(step === 0 || (step >= 0.05 && step <= 1)))
    throw fieldFault('temperature_increment_on_fallback', 'must be none or a number from 0.05 to 1.');
  if (step === 0) return { temperature, temperatures: [temperature] };
  const count = Math.floor((1 - temperature) / step + 1e-6) + 1;
  return { temperature, temperatures: Array.from({ length: count }, (_, i) => temperature + i * step) };
}
