import { z } from 'zod';
import {
  declinedOption,
  deepgramOptions,
  recognitionModelSchema,
  recognizedLanguageSchema,
  queryFlagSchema,
} from '@parlance/contracts';
import { parseQuery } from '../request-fields.js';

/** Silence that parts utterances, seconds. */
const SPLIT = { min: 0.1, max: 30, usual: 0.8 } as const;

/** Parameters of `POST /v1/listen`. One that is not known is refused by its name: it would have no effect. */
export const recordingQuerySchema = z.strictObject({
  ...deepgramOptions,
  model: recognitionModelSchema,
  language: recognizedLanguageSchema,
  /** Instead of `language`; what is detected where both are left out. */
  detect_language: queryFlagSchema,
  utterances: queryFlagSchema,
  utt_split: z.coerce.number().min(SPLIT.min).max(SPLIT.max).default(SPLIT.usual),
  paragraphs: queryFlagSchema,
  summarize: declinedOption,
  topics: declinedOption,
  intents: declinedOption,
  sentiment: declinedOption,
});
export type RecordingQuery = z.infer<typeof recordingQuerySchema>;

const LISTS: ReadonlySet<string> = new Set(['keyterm', 'keywords']);

/** @throws AppError request.invalid naming the parameter */
export function readRecordingQuery(parameters: URLSearchParams): RecordingQuery {
  return parseQuery(recordingQuerySchema, parameters, LISTS);
}
