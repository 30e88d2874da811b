import {
  type ConverseConfig__Output,
  type StreamingConfig,
  digitsSchema,
  ulidSchema,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { SPOKEN_FORMAT, spokenConfig, type SpokenFormat } from '../../live/spoken-audio.js';
import { recognitionModel, type OpenAiModelAlias } from '../../recognition/openai-models.config.js';

const ENCODINGS = {
  AUDIO_ENCODING_UNSPECIFIED: undefined,
  AUDIO_ENCODING_PCM_S16LE: 'linear16',
  AUDIO_ENCODING_PCM_F32LE: 'float32',
  AUDIO_ENCODING_WAV: 'wav',
  AUDIO_ENCODING_OPUS: 'opus',
} as const;

/** What a Converse call asks for. */
export interface ConverseRequestConfig {
  /** Undefined: a new session. */
  readonly session: string | undefined;
  readonly after: number | undefined;
  readonly format: SpokenFormat;
  readonly speech: StreamingConfig;
  readonly reply: { readonly speak: boolean; readonly voice: string };
  /** Whether replies are decoded to 24 kHz PCM. */
  readonly isPcmWanted: boolean;
}

/**
 * Checks a call's first message. What inference checks itself (model, languages, decoding, endpointing) is left to it.
 * @param models  what OpenAI's names of models stand for
 * @throws AppError request.invalid naming the field
 */
export function readConverseConfig(
  config: ConverseConfig__Output,
  models: readonly OpenAiModelAlias[],
): ConverseRequestConfig {
  const { speech, reply, session, after } = config;
  const mode = speech?.mode ?? 'STREAMING_MODE_UNSPECIFIED';
  if (mode !== 'STREAMING_MODE_UNSPECIFIED' && mode !== 'STREAMING_MODE_LIVE')
    throw invalid('speech.mode', 'must be STREAMING_MODE_LIVE');
  const encoding = reply?.encoding ?? 'REPLY_ENCODING_UNSPECIFIED';
  if (encoding !== 'REPLY_ENCODING_UNSPECIFIED' && encoding !== 'REPLY_ENCODING_PCM_S16LE')
    throw invalid('reply.encoding', 'is not known');
  if (reply?.textOnly && (reply.voice !== '' || encoding !== 'REPLY_ENCODING_UNSPECIFIED'))
    throw invalid('reply.text_only', 'excludes voice and encoding');
  if (session !== undefined && session !== '' && !ulidSchema.safeParse(session).success)
    throw invalid('session', 'must be a ULID');
  if (after !== undefined && !digitsSchema.safeParse(String(after)).success)
    throw invalid('after', 'must be a sequence of the session, 0 or more');
  return {
    session: session === '' ? undefined : session,
    after,
    format: formatOf(config),
    speech: recognized(speech, models),
    reply: { speak: !reply?.textOnly, voice: reply?.voice ?? '' },
    isPcmWanted: encoding === 'REPLY_ENCODING_PCM_S16LE',
  };
}

/** Audio is decoded here, so inference gets 16 kHz mono whatever the client sends. */
function recognized(
  speech: ConverseConfig__Output['speech'],
  models: readonly OpenAiModelAlias[],
): StreamingConfig {
  const usual = spokenConfig('');
  const { recognition } = speech ?? {};
  return {
    ...usual,
    interimResults: speech?.interimResults ?? true,
    // Speech must be told from coughs: it interrupts a reply.
    ...(speech?.endpointing ? { endpointing: { ...speech.endpointing, confirmSpeech: true } } : {}),
    recognition: {
      ...recognition,
      ...usual.recognition,
      ...(recognition
        ? {
            language: recognition.language,
            task: recognition.task,
            model: recognitionModel(models, recognition.model),
          }
        : {}),
    },
  };
}

function formatOf({ speech }: ConverseConfig__Output): SpokenFormat {
  const audio = speech?.recognition?.audio;
  if (!audio) return SPOKEN_FORMAT;
  const { encoding: name, sampleRateHz, channels } = audio;
  const encoding = Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : 'unknown';
  if (encoding === 'unknown') throw invalid('speech.recognition.audio.encoding', 'is not known');
  const isCarried = encoding === 'wav' || encoding === 'opus';
  const isLeftOut = sampleRateHz === 0 && (isCarried || encoding === undefined);
  if (!isLeftOut && (sampleRateHz < 8_000 || sampleRateHz > 192_000))
    throw invalid('speech.recognition.audio.sample_rate_hz', 'must lie between 8000 and 192000');
  if (channels < 0 || channels > 2) throw invalid('speech.recognition.audio.channels', 'must be 1 or 2');
  return {
    encoding,
    sample_rate: isLeftOut ? SPOKEN_FORMAT.sample_rate : sampleRateHz,
    channels: channels === 0 ? 1 : channels,
  };
}

function invalid(field: string, fault: string): AppError {
  return new AppError('request.invalid', `${field}: ${fault}`);
}
