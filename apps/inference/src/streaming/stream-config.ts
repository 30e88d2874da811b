import { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ, type AudioInput } from '@parlance/audio';
import {
  characterCount,
  ENDPOINTING,
  languageCode,
  languageCodes,
  LONGEST_EXPECTED_TEXT,
  type AudioFormat__Output,
  type RecognitionConfig__Output,
  type StreamingConfig__Output,
  type StreamingRecognizeRequest__Output,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { Eagerness, EndpointerOptions } from '@parlance/vad';
import type { TranscribeOptions } from '@parlance/whisper';
import { SCORED_LANGUAGE } from '../assessment/assessment.js';
import { readDecoding, refuseRecordingOptions, type DecodingSettings } from './decoding-config.js';

const OPUS_RATE_HZ = 48_000;
const LONGEST_PROMPT = 8_000;
const LONGEST_MODEL_NAME = 200;
/** Whisper knows about a hundred. */
const MOST_LANGUAGES = 100;
const LONGEST_LANGUAGE = 35;

const EAGERNESS = {
  EAGERNESS_LOW: 'low',
  EAGERNESS_MEDIUM: 'medium',
  EAGERNESS_HIGH: 'high',
} as const satisfies Record<string, Eagerness>;

export interface StreamConfig {
  readonly isLive: boolean;
  readonly audio: AudioInput;
  readonly recognition: RecognitionSettings;
  readonly interimResults: boolean;
  readonly endpointing: EndpointerOptions;
  /** A model judges whether the speaker has finished; left out: `endpointing.silenceMs` ends an utterance. */
  readonly eagerness?: Eagerness | undefined;
  /** Whether the start of speech is confirmed or dismissed. */
  readonly confirmSpeech?: boolean;
  /** Each utterance is assessed, against this text; empty: against what is recognised. */
  readonly assessment?: { readonly expectedText: string } | undefined;
}

export type RecognitionSettings = { readonly model: string } & Partial<DecodingSettings> &
  Pick<
    TranscribeOptions,
    | 'language'
    | 'languages'
    | 'task'
    | 'prompt'
    | 'temperature'
    | 'wordTimestamps'
    | 'tokenProbabilities'
    | 'withoutFallback'
  >;

/**
 * The first message of a stream, checked.
 * @throws AppError stream.config_missing, request.invalid, audio.unsupported_format
 */
export function readStreamConfig(message: StreamingRecognizeRequest__Output | undefined): StreamConfig {
  const config = message?.payload === 'config' ? message.config : undefined;
  if (!config)
    throw new AppError('stream.config_missing', 'The first message of a stream must be its configuration.');
  checkEnum('mode', config.mode);
  const isLive = config.mode !== 'STREAMING_MODE_RECORDING';
  if (isLive) refuseRecordingOptions(config.recognition?.decoding ?? undefined);
  if (isLive && config.recognition?.tokenProbabilities)
    throw invalid('token_probabilities', 'is an option of recordings, not of live speech');
  const assessment = readAssessment(config);
  const recognition = readRecognition(config.recognition ?? undefined);
  const spoken = assessment?.expectedText ? SCORED_LANGUAGE : undefined;
  return {
    isLive,
    audio: readAudioFormat(config.recognition?.audio ?? undefined),
    recognition: { ...recognition, language: recognition.language ?? spoken },
    interimResults: config.interimResults,
    endpointing: readEndpointing(config.endpointing ?? undefined),
    eagerness: readEagerness(config.endpointing ?? undefined),
    confirmSpeech: config.endpointing?.confirmSpeech ?? false,
    assessment,
  };
}

function readAssessment({ assessment, mode }: StreamingConfig__Output): StreamConfig['assessment'] {
  if (!assessment) return undefined;
  if (mode === 'STREAMING_MODE_RECORDING')
    throw invalid('assessment', 'is of live speech; a recording is assessed by Assess');
  checkLength('expected_text', assessment.expectedText, LONGEST_EXPECTED_TEXT);
  return { expectedText: assessment.expectedText.trim() };
}

/** @throws AppError audio.unsupported_format */
export function readAudioFormat(format: AudioFormat__Output | undefined): AudioInput {
  const sampleRateHz = format?.sampleRateHz ?? 0;
  const channels = format?.channels || 1;
  switch (format?.encoding) {
    case 'AUDIO_ENCODING_PCM_S16LE':
    case 'AUDIO_ENCODING_PCM_F32LE':
      checkRaw(sampleRateHz, channels);
      return {
        encoding: format.encoding === 'AUDIO_ENCODING_PCM_S16LE' ? 's16le' : 'f32le',
        sampleRateHz,
        channels,
      };
    case 'AUDIO_ENCODING_WAV':
      return { encoding: 'wav', sampleRateHz, channels };
    case 'AUDIO_ENCODING_OPUS':
      return { encoding: 'opus', sampleRateHz: OPUS_RATE_HZ, channels };
    default:
      throw new AppError(
        'audio.unsupported_format',
        'Say in the field encoding how the audio is encoded: AUDIO_ENCODING_PCM_S16LE, _PCM_F32LE, _WAV or _OPUS.',
      );
  }
}

function checkRaw(sampleRateHz: number, channels: number): void {
  if (sampleRateHz < MIN_SAMPLE_RATE_HZ || sampleRateHz > MAX_SAMPLE_RATE_HZ)
    throw new AppError(
      'audio.unsupported_format',
      `The field sample_rate_hz must lie between ${MIN_SAMPLE_RATE_HZ} and ${MAX_SAMPLE_RATE_HZ}.`,
    );
  if (channels !== 1 && channels !== 2)
    throw new AppError('audio.unsupported_format', 'The field channels must be 1 or 2 for raw audio.');
}

/** @throws AppError request.invalid naming the field, or audio.unsupported_format */
export function readRecognition(config: RecognitionConfig__Output | undefined): RecognitionSettings {
  const temperature = config?.temperature ?? 0;
  if (!(temperature >= 0 && temperature <= 1)) throw invalid('temperature', 'must lie between 0 and 1');
  checkLength('prompt', config?.prompt, LONGEST_PROMPT);
  checkLength('model', config?.model, LONGEST_MODEL_NAME);
  checkLength('language', config?.language, LONGEST_LANGUAGE);
  if ((config?.languages.length ?? 0) > MOST_LANGUAGES)
    throw invalid('languages', `may name ${MOST_LANGUAGES} languages at most`);
  for (const language of config?.languages ?? []) checkLength('languages', language, LONGEST_LANGUAGE);
  checkEnum('task', config?.task);
  return {
    model: config?.model ?? '',
    language: languageCode(config?.language ?? '') || undefined,
    languages: languageCodes(config?.languages ?? []),
    task: config?.task === 'TASK_TRANSLATE' ? 'translate' : 'transcribe',
    prompt: config?.prompt || undefined,
    temperature,
    wordTimestamps: config?.wordTimestamps ?? false,
    tokenProbabilities: readTokenProbabilities(config),
    withoutFallback: config?.withoutFallback ?? false,
    ...readDecoding(config?.decoding ?? undefined),
  };
}

function readTokenProbabilities(config: RecognitionConfig__Output | undefined): boolean {
  if (config?.tokenProbabilities && (config.decoding?.beamSize ?? 1) > 1)
    throw invalid('token_probabilities', 'are not told with a beam_size above 1');
  return config?.tokenProbabilities ?? false;
}

function readEndpointing(endpointing: StreamingConfig__Output['endpointing'] | undefined): EndpointerOptions {
  return {
    silenceMs: within('silence_ms', endpointing?.silenceMs, ENDPOINTING.silenceMs),
    maxUtteranceMs: within('max_utterance_ms', endpointing?.maxUtteranceMs, ENDPOINTING.maxUtteranceMs),
    threshold: within('threshold', endpointing?.threshold, ENDPOINTING.threshold),
    prefixMs: readPrefix(endpointing?.prefixMs),
  };
}

/** Left out is not 0: an utterance may begin where speech is detected. */
function readPrefix(asked: number | undefined): number {
  const { min, max, usual } = ENDPOINTING.prefixMs;
  if (asked === undefined) return usual;
  if (asked < min || asked > max) throw invalid('prefix_ms', `must lie between ${min} and ${max}`);
  return asked;
}

/** @throws AppError request.invalid where a fixed silence is asked for too */
function readEagerness(
  endpointing: StreamingConfig__Output['endpointing'] | undefined,
): Eagerness | undefined {
  const asked = endpointing?.eagerness;
  checkEnum('eagerness', asked);
  if (asked === undefined || asked === 'EAGERNESS_UNSPECIFIED') return undefined;
  if (endpointing?.silenceMs)
    throw invalid('eagerness', 'cannot be given beside silence_ms: a fixed silence leaves nothing to judge');
  return EAGERNESS[asked];
}

/** A value of an enum that the protocol does not know arrives as its number. */
function checkEnum(name: string, value: unknown): void {
  if (typeof value === 'number') throw invalid(name, `has no value ${value}`);
}

/** @throws AppError request.invalid */
export function checkLength(name: string, text: string | undefined, most: number): void {
  if (characterCount(text ?? '') > most) throw invalid(name, `may have ${most} characters at most`);
}

function invalid(name: string, rule: string): AppError {
  return new AppError('request.invalid', `The field ${name} ${rule}.`);
}

/** 0 asks for what is usual. */
function within(
  name: string,
  asked: number | undefined,
  { min, max, usual }: (typeof ENDPOINTING)[keyof typeof ENDPOINTING],
): number {
  const value = asked === undefined || asked === 0 ? usual : asked;
  if (value >= min && value <= max) return value;
  throw invalid(name, `must lie between ${min} and ${max}`);
}
