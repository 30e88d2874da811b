import type { AudioInput } from '#libs/audio';
import {
  characterCount,
  ENDPOINTING,
  languageCode,
  languageCodes,
  type AudioFormat__Output,
  type RecognitionConfig__Output,
  type StreamingConfig__Output,
  type StreamingRecognizeRequest__Output,
} from '#libs/contracts';
import { AppError } from '#libs/errors';
import type { EndpointerOptions } from '../vad/endpointer.js';
import type { TranscribeOptions } from '../whisper/recognition.types.js';
import { readDecoding, refuseRecordingOptions, type DecodingSettings } from './decoding-config.js';

const OPUS_RATE_HZ = 48_000;
const LONGEST_PROMPT = 8_000;

export interface StreamConfig {
  readonly isLive: boolean;
  readonly audio: AudioInput;
  readonly recognition: RecognitionSettings;
  readonly interimResults: boolean;
  readonly endpointing: EndpointerOptions;
}

export type RecognitionSettings = { readonly model: string } & Partial<DecodingSettings> &
  Pick<
    TranscribeOptions,
    'language' | 'languages' | 'task' | 'prompt' | 'temperature' | 'wordTimestamps' | 'withoutFallback'
  >;

/**
 * The first message of a stream, checked.
 * @throws AppError stream.config_missing, request.invalid, audio.unsupported_format
 */
export function readStreamConfig(message: StreamingRecognizeRequest__Output | undefined): StreamConfig {
  const config = message?.payload === 'config' ? message.config : undefined;
  if (!config)
    throw new AppError('stream.config_missing', 'The first message of a stream must be its configuration.');
  const isLive = config.mode !== 'RECORDING';
  if (isLive) refuseRecordingOptions(config.recognition?.decoding ?? undefined);
  return {
    isLive,
    audio: readAudioFormat(config.recognition?.audio ?? undefined),
    recognition: readRecognition(config.recognition ?? undefined),
    interimResults: config.interimResults,
    endpointing: readEndpointing(config.endpointing ?? undefined),
  };
}

/** @throws AppError audio.unsupported_format */
export function readAudioFormat(format: AudioFormat__Output | undefined): AudioInput {
  const sampleRateHz = format?.sampleRateHz ?? 0;
  const channels = format?.channels || 1;
  switch (format?.encoding) {
    case 'PCM_S16LE':
      return { encoding: 's16le', sampleRateHz, channels };
    case 'PCM_F32LE':
      return { encoding: 'f32le', sampleRateHz, channels };
    case 'WAV':
      return { encoding: 'wav', sampleRateHz, channels };
    case 'OPUS':
      return { encoding: 'opus', sampleRateHz: OPUS_RATE_HZ, channels };
    default:
      throw new AppError(
        'audio.unsupported_format',
        'Say how the audio is encoded: PCM_S16LE, PCM_F32LE, WAV or OPUS.',
      );
  }
}

/** @throws AppError request.invalid */
export function readRecognition(config: RecognitionConfig__Output | undefined): RecognitionSettings {
  const temperature = config?.temperature ?? 0;
  if (!(temperature >= 0 && temperature <= 1))
    throw new AppError('request.invalid', 'The temperature must lie between 0 and 1.');
  if (characterCount(config?.prompt ?? '') > LONGEST_PROMPT)
    throw new AppError('request.invalid', `The prompt may have ${LONGEST_PROMPT} characters at most.`);
  return {
    model: config?.model ?? '',
    language: languageCode(config?.language ?? '') || undefined,
    languages: languageCodes(config?.languages ?? []),
    task: config?.task === 'TRANSLATE' ? 'translate' : 'transcribe',
    prompt: config?.prompt || undefined,
    temperature,
    wordTimestamps: config?.wordTimestamps ?? false,
    withoutFallback: config?.withoutFallback ?? false,
    ...readDecoding(config?.decoding ?? undefined),
  };
}

function readEndpointing(endpointing: StreamingConfig__Output['endpointing'] | undefined): EndpointerOptions {
  return {
    silenceMs: within('silence_ms', endpointing?.silenceMs, ENDPOINTING.silenceMs),
    maxUtteranceMs: within('max_utterance_ms', endpointing?.maxUtteranceMs, ENDPOINTING.maxUtteranceMs),
    threshold: within('threshold', endpointing?.threshold, ENDPOINTING.threshold),
  };
}

/** 0 asks for what is usual. */
function within(
  name: string,
  asked: number | undefined,
  { min, max, usual }: (typeof ENDPOINTING)[keyof typeof ENDPOINTING],
): number {
  const value = asked || usual;
  if (value >= min && value <= max) return value;
  throw new AppError('request.invalid', `${name} must lie between ${min} and ${max}.`);
}
