import {
  ENDPOINTING,
  REALTIME_G711_RATE_HZ,
  REALTIME_PCM_RATE_HZ,
  turnDetectionSchema,
  type BetaSessionSettings,
  type BetaSessionView,
  type RealtimeFormat,
  type RealtimeSessionSettings,
  type RealtimeSessionView,
  type StreamingConfig,
  type TurnDetection,
} from '@parlance/contracts';
import type { SpokenFormat } from '../../live/spoken-audio.js';
import { recognitionModel, type OpenAiModelAlias } from '../../recognition/openai-models.config.js';

/** A format, as the API names it now. */
export type FormatName = RealtimeFormat['type'];
type BetaFormat = BetaSessionView['input_audio_format'];

/** What a session is told to do with the audio that comes. */
export interface RealtimeSettings {
  readonly format: FormatName;
  /** As the client names it; empty: the default. */
  readonly model: string;
  /** Whisper's code; empty: detected. */
  readonly language: string;
  /** What it is detected among; empty: any. */
  readonly languages: readonly string[];
  /** To expect. */
  readonly keywords: readonly string[];
  readonly prompt: string;
  /** Null: the client commits. */
  readonly turnDetection: TurnDetection | null;
}

/** What OpenAI calls the default model. */
const DEFAULT_MODEL = 'whisper-1';

/** The beta's names, and ours of them. */
export const BETA_FORMATS = {
  pcm16: 'audio/pcm',
  g711_ulaw: 'audio/pcmu',
  g711_alaw: 'audio/pcma',
} as const satisfies Record<BetaFormat, FormatName>;

export const BETA_NAMES = {
  'audio/pcm': 'pcm16',
  'audio/pcmu': 'g711_ulaw',
  'audio/pcma': 'g711_alaw',
} as const satisfies Record<FormatName, BetaFormat>;

const FORMATS = {
  'audio/pcm': { encoding: 'linear16', sample_rate: REALTIME_PCM_RATE_HZ, channels: 1 },
  'audio/pcmu': { encoding: 'mulaw', sample_rate: REALTIME_G711_RATE_HZ, channels: 1 },
  'audio/pcma': { encoding: 'alaw', sample_rate: REALTIME_G711_RATE_HZ, channels: 1 },
} as const satisfies Record<FormatName, SpokenFormat>;

const BYTES_PER_MS = {
  'audio/pcm': (2 * REALTIME_PCM_RATE_HZ) / 1_000,
  'audio/pcmu': REALTIME_G711_RATE_HZ / 1_000,
  'audio/pcma': REALTIME_G711_RATE_HZ / 1_000,
} as const satisfies Record<FormatName, number>;

const EAGERNESS = {
  low: 'EAGERNESS_LOW',
  medium: 'EAGERNESS_MEDIUM',
  high: 'EAGERNESS_HIGH',
  auto: 'EAGERNESS_MEDIUM',
} as const;

/** Until the client says otherwise. @param model  of the connection; empty: the default */
export function firstSettings(model: string): RealtimeSettings {
  const turnDetection = turnDetectionSchema.parse({ type: 'server_vad' });
  return {
    format: 'audio/pcm',
    model: model || DEFAULT_MODEL,
    ...{ language: '', languages: [], keywords: [], prompt: '' },
    turnDetection,
  };
}

/** What a session begins with. @param bound  changes what is usual, where a client secret says so */
export function settingsOf(model: string, bound?: RealtimeSessionSettings): RealtimeSettings {
  const first = firstSettings(model);
  return bound ? changedSettings(first, first, bound) : first;
}

/** @param first  gives the model where an update leaves it out */
export function changedSettings(
  settings: RealtimeSettings,
  first: RealtimeSettings,
  { audio: { input = {} } = {} }: RealtimeSessionSettings,
): RealtimeSettings {
  const { format, transcription, turn_detection } = input;
  return {
    ...settings,
    ...(format ? { format: format.type } : {}),
    ...(transcription ? { ...transcription, model: transcription.model ?? first.model } : {}),
    ...(turn_detection === undefined ? {} : { turnDetection: turn_detection }),
  };
}

/** The beta's settings by the names that they have since. */
export function settingsOfBeta(beta: BetaSessionSettings): RealtimeSessionSettings {
  const { input_audio_format: name, input_audio_transcription: transcription, turn_detection } = beta;
  const format = name === undefined ? undefined : formatView(BETA_FORMATS[name]);
  return { type: 'transcription', audio: { input: { format, transcription, turn_detection } } };
}

export function transcriptionSessionView(id: string, settings: RealtimeSettings): RealtimeSessionView {
  return {
    type: 'transcription',
    object: 'realtime.transcription_session',
    id,
    audio: {
      input: {
        format: formatView(settings.format),
        transcription: transcriptionView(settings),
        turn_detection: detectionView(settings),
      },
    },
  };
}

export function betaSessionView(id: string, settings: RealtimeSettings): BetaSessionView {
  return {
    object: 'realtime.transcription_session',
    id,
    input_audio_format: BETA_NAMES[settings.format],
    input_audio_transcription: transcriptionView(settings),
    turn_detection: detectionView(settings),
  };
}

/** How a client's bytes are decoded. */
export function spokenFormat({ format }: RealtimeSettings): SpokenFormat {
  return FORMATS[format];
}

/** How long so many bytes of the client's audio last. */
export function audioMs({ format }: Pick<RealtimeSettings, 'format'>, bytes: number): number {
  return bytes / BYTES_PER_MS[format];
}

/** What inference is asked for; the audio is decoded here. @param models  what OpenAI's names of models stand for */
export function transcriptionConfig(
  settings: RealtimeSettings,
  models: readonly OpenAiModelAlias[],
): StreamingConfig {
  const { model, language, languages, keywords, prompt, turnDetection } = settings;
  return {
    mode: 'STREAMING_MODE_LIVE',
    interimResults: true,
    endpointing: endpointingOf(turnDetection),
    recognition: {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      model: recognitionModel(models, model),
      language,
      languages: [...languages],
      prompt,
      task: 'TASK_TRANSCRIBE',
      ...(keywords.length > 0 ? { decoding: { hotwords: keywords.join(', ') } } : {}),
    },
  };
}

function endpointingOf(detection: TurnDetection | null): NonNullable<StreamingConfig['endpointing']> {
  const { silenceMs, maxUtteranceMs, threshold } = ENDPOINTING;
  const usual = { maxUtteranceMs: maxUtteranceMs.usual, threshold: threshold.usual };
  switch (detection?.type) {
    case 'server_vad':
      return {
        ...usual,
        threshold: detection.threshold,
        silenceMs: detection.silence_duration_ms,
        prefixMs: detection.prefix_padding_ms,
      };
    case 'semantic_vad':
      return { ...usual, eagerness: EAGERNESS[detection.eagerness] };
    default:
      // What the client commits is one utterance to it: cut as seldom as can be.
      return { ...usual, silenceMs: silenceMs.max, maxUtteranceMs: maxUtteranceMs.max };
  }
}

export function formatView(type: FormatName): RealtimeFormat {
  return type === 'audio/pcm' ? { type, rate: REALTIME_PCM_RATE_HZ } : { type };
}

export function transcriptionView({ model, language, languages, keywords, prompt }: RealtimeSettings) {
  return {
    model,
    ...(language === '' ? {} : { language }),
    ...(languages.length > 0 ? { languages: [...languages] } : {}),
    ...(keywords.length > 0 ? { keywords: [...keywords] } : {}),
    prompt,
  };
}

export function detectionView({
  turnDetection,
}: RealtimeSettings): RealtimeSessionView['audio']['input']['turn_detection'] {
  if (turnDetection?.type === 'server_vad') {
    const { type, threshold, prefix_padding_ms, silence_duration_ms } = turnDetection;
    return { type, threshold, prefix_padding_ms, silence_duration_ms };
  }
  return turnDetection && { type: turnDetection.type, eagerness: turnDetection.eagerness };
}
