import {
  decodingOptionsSchema,
  type DecodingFields,
  type DecodingOptions__Output,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { DecodingOptions, TranscribeOptions } from '@parlance/whisper';

/** Options of a recording alone. */
export type RecordingSettings = Pick<
  TranscribeOptions,
  | 'conditionOnPreviousText'
  | 'carryInitialPrompt'
  | 'clipTimestamps'
  | 'hallucinationSilenceThreshold'
  | 'prependPunctuations'
  | 'appendPunctuations'
  | 'prefix'
  | 'batchSize'
  | 'vadFilter'
  | 'vadThreshold'
  | 'vadSilenceMs'
  | 'vadPrefixMs'
>;

/** Options of how speech is found in a recording. */
const VOICE_ACTIVITY = ['vad_threshold', 'vad_silence_ms', 'vad_prefix_ms'] as const;

/** Their names in the contract; those of `PRESENT` are known to be set where they have a value at all. */
const PRESENT = [
  'condition_on_previous_text',
  'prepend_punctuations',
  'append_punctuations',
  ...VOICE_ACTIVITY,
] as const;
const NOT_DEFAULT = [
  'carry_initial_prompt',
  'clip_timestamps',
  'hallucination_silence_threshold',
  'prefix',
  'batch_size',
  'vad_filter',
] as const;

export interface DecodingSettings {
  readonly decoding: Partial<DecodingOptions>;
  readonly recording: RecordingSettings;
}

/** @throws AppError request.invalid naming the field */
export function readDecoding(options: DecodingOptions__Output | undefined): DecodingSettings {
  const parsed = decodingOptionsSchema.safeParse(snakeKeys(options ?? {}));
  if (!parsed.success) {
    const [fault] = parsed.error.issues;
    throw new AppError('request.invalid', `decoding.${fault?.path.join('.')}: ${fault?.message}.`);
  }
  refuseUnusedVoiceActivity(parsed.data);
  return { decoding: decodingOf(parsed.data), recording: recordingOf(parsed.data) };
}

function refuseUnusedVoiceActivity(fields: DecodingFields): void {
  const unused = VOICE_ACTIVITY.filter((name) => fields[name] !== undefined);
  const isUsed = fields.vad_filter || (fields.batch_size ?? 1) > 1;
  if (!isUsed && unused.length > 0)
    throw new AppError(
      'request.invalid',
      unused.map((name) => `decoding.${name}: needs vad_filter or batch_size`).join('; '),
    );
}

/** Live utterances are not walked as recordings are.
 *  @throws AppError request.invalid naming an option that would have no effect on them */
export function refuseRecordingOptions(options: DecodingOptions__Output | undefined): void {
  const given = snakeKeys(options ?? {});
  const set = [
    ...PRESENT.filter((name) => given[name] !== undefined && given[name] !== null),
    ...NOT_DEFAULT.filter((name) => (Array.isArray(given[name]) ? given[name].length > 0 : given[name])),
  ];
  if (set.length > 0)
    throw new AppError(
      'request.invalid',
      set.map((name) => `decoding.${name}: is an option of recordings, not of live speech`).join('; '),
    );
}

/** What is left out keeps its default; 0 switches a check off. */
function decodingOf(fields: DecodingFields): Partial<DecodingOptions> {
  return {
    ...given({
      temperatures: fields.temperatures?.length ? fields.temperatures : undefined,
      beamSize: fields.beam_size === 1 ? undefined : fields.beam_size,
      patience: fields.patience,
      bestOf: fields.best_of,
      lengthPenalty: fields.length_penalty,
      sampleLen: fields.sample_len,
      suppressTokens: tokensOf(fields.suppress_tokens),
      suppressBlank: fields.suppress_blank,
      withoutTimestamps: fields.without_timestamps,
      hotwords: fields.hotwords || undefined,
      hotwordBias: fields.hotword_bias,
      seed: fields.seed,
    }),
    ...unlessOff('maxInitialTimestamp', fields.max_initial_timestamp),
    ...unlessOff('compressionRatioThreshold', fields.compression_ratio_threshold),
    ...unlessOff('logprobThreshold', fields.logprob_threshold),
    ...unlessOff('noSpeechThreshold', fields.no_speech_threshold),
  };
}

function recordingOf(fields: DecodingFields): RecordingSettings {
  return {
    conditionOnPreviousText: fields.condition_on_previous_text,
    carryInitialPrompt: fields.carry_initial_prompt,
    clipTimestamps: fields.clip_timestamps?.length ? fields.clip_timestamps : undefined,
    hallucinationSilenceThreshold: fields.hallucination_silence_threshold || undefined,
    prependPunctuations: fields.prepend_punctuations,
    appendPunctuations: fields.append_punctuations,
    prefix: fields.prefix || undefined,
    batchSize: fields.batch_size || undefined,
    vadFilter: fields.vad_filter,
    vadThreshold: fields.vad_threshold,
    vadSilenceMs: fields.vad_silence_ms,
    vadPrefixMs: fields.vad_prefix_ms,
  };
}

function given<T extends object>(values: T): Partial<DecodingOptions> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function unlessOff(name: keyof DecodingOptions, value: number | undefined): Partial<DecodingOptions> {
  return value === undefined ? {} : { [name]: value === 0 ? undefined : value };
}

function tokensOf(list: string | undefined): readonly number[] | undefined {
  return list?.split(',').flatMap((id) => (id.trim() === '' ? [] : [Number(id)]));
}

/** The wire's field names as they are written in the contract. */
function snakeKeys(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
