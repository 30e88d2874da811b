import {
  conversationDetectionSchema,
  type BetaConversationSettings,
  type BetaConversationView,
  type ConversationDetection,
  type ConversationSessionSettings,
  type ConversationSessionView,
  type ResponseOptions,
  type StreamingConfig,
} from '@parlance/contracts';
import type { OpenAiModelAlias } from '../../recognition/openai-models.config.js';
import type { ReplyOptions } from '../../turns/turn-transcript.js';
import {
  BETA_FORMATS,
  BETA_NAMES,
  detectionView,
  formatView,
  transcriptionConfig,
  transcriptionView,
  type FormatName,
  type RealtimeSettings,
} from './realtime-settings.js';

/** How a response is made. */
export interface ResponseSettings {
  /** Empty: the platform's coach. */
  readonly instructions: string;
  /** Else it is text alone. */
  readonly speaks: boolean;
  readonly voice: string;
  readonly speed: number;
  readonly format: FormatName;
}

/** What a conversation session is set to. */
export interface ConversationSettings {
  /** As the client named it. */
  readonly model: string;
  /** How what is said is recognised, and how turns are detected. */
  readonly input: RealtimeSettings;
  readonly tellsTranscripts: boolean;
  /** Of turns that are detected. */
  readonly createsResponse: boolean;
  readonly interruptsResponse: boolean;
  readonly response: ResponseSettings;
}

/** OpenAI's default voice, which stands for the default voice here. */
export const DEFAULT_VOICE = 'alloy';

/** What a session begins with. @param model  of the connection @param first  what recognition begins with
 *  @param bound  changes what is usual, where a client secret says so */
export function conversationOf(
  model: string,
  first: RealtimeSettings,
  bound?: ConversationSessionSettings,
): ConversationSettings {
  const settings: ConversationSettings = {
    model: (bound?.model ?? model) || 'gpt-realtime',
    input: first,
    tellsTranscripts: false,
    createsResponse: true,
    interruptsResponse: true,
    response: { instructions: '', speaks: true, voice: DEFAULT_VOICE, speed: 1, format: 'audio/pcm' },
  };
  return bound ? changedConversation(settings, first, bound) : settings;
}

/** What is left out of an update stays. @param first  gives the model of recognition where an update leaves it out */
export function changedConversation(
  settings: ConversationSettings,
  first: RealtimeSettings,
  { instructions, output_modalities, audio = {} }: ConversationSessionSettings,
): ConversationSettings {
  const { input = {}, output = {} } = audio;
  const { transcription, turn_detection, format } = input;
  const detection = turn_detection === undefined ? undefined : detectionOf(turn_detection);
  return {
    ...settings,
    ...(transcription === undefined ? {} : { tellsTranscripts: transcription !== null }),
    ...(detection?.replies ?? {}),
    input: {
      ...settings.input,
      ...(format ? { format: format.type } : {}),
      ...(transcription === undefined ? {} : recognitionOf(transcription, first)),
      ...(detection ? { turnDetection: detection.turnDetection } : {}),
    },
    response: changedResponse(
      settings.response,
      { instructions, output_modalities, audio: { output } },
      output.speed,
    ),
  };
}

/** How one response is made, by what it is asked for with. */
export function changedResponse(
  settings: ResponseSettings,
  options: Pick<ResponseOptions, 'instructions' | 'output_modalities' | 'audio'>,
  speed = settings.speed,
): ResponseSettings {
  const { instructions = settings.instructions, output_modalities: modalities, audio } = options;
  const { format, voice } = audio?.output ?? {};
  return {
    instructions,
    speaks: modalities ? modalities.includes('audio') : settings.speaks,
    voice: voice === undefined ? settings.voice : nameOf(voice),
    speed,
    format: format?.type ?? settings.format,
  };
}

/** The options of a response in the names that they have since the beta. */
export function responseOptionsOf(options: ResponseOptions): ResponseOptions {
  const { modalities, output_audio_format: format, voice } = options;
  const { output = {} } = options.audio ?? {};
  return {
    ...options,
    output_modalities: options.output_modalities ?? (modalities && modalitiesOf(modalities)),
    audio: {
      output: {
        format: output.format ?? (format && formatView(BETA_FORMATS[format])),
        voice: output.voice ?? voice,
      },
    },
  };
}

/** The beta's settings by the names that they have since. */
export function conversationOfBeta(beta: BetaConversationSettings): ConversationSessionSettings {
  const { instructions, modalities, voice, speed, turn_detection } = beta;
  const { input_audio_format: input, output_audio_format: output } = beta;
  return {
    type: 'realtime',
    instructions,
    output_modalities: modalities && modalitiesOf(modalities),
    audio: {
      input: {
        format: input && formatView(BETA_FORMATS[input]),
        transcription: beta.input_audio_transcription,
        turn_detection,
      },
      output: { format: output && formatView(BETA_FORMATS[output]), voice, speed },
    },
  };
}

/** What inference is asked for: words and measures for the turn, and whether what has started is speech.
 *  @param models  what OpenAI's names of models stand for */
export function conversationConfig(
  { input }: ConversationSettings,
  models: readonly OpenAiModelAlias[],
): StreamingConfig {
  const config = transcriptionConfig(input, models);
  return {
    ...config,
    endpointing: { ...config.endpointing, confirmSpeech: true },
    recognition: { ...config.recognition, wordTimestamps: true },
  };
}

/** How the conversation service is asked. */
export function replyOptions({ instructions, speaks, voice, speed }: ResponseSettings): ReplyOptions {
  return { speak: speaks, voice, speed, ...(instructions === '' ? {} : { instructions }) };
}

export function conversationView(id: string, settings: ConversationSettings): ConversationSessionView {
  const { model, input, response } = settings;
  return {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    instructions: response.instructions,
    output_modalities: [response.speaks ? 'audio' : 'text'],
    audio: {
      input: {
        format: formatView(input.format),
        ...(settings.tellsTranscripts ? { transcription: transcriptionView(input) } : {}),
        turn_detection: conversationDetectionView(settings),
      },
      output: { format: formatView(response.format), voice: response.voice, speed: response.speed },
    },
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
  };
}

export function betaConversationView(id: string, settings: ConversationSettings): BetaConversationView {
  const { model, input, response } = settings;
  return {
    object: 'realtime.session',
    id,
    model,
    modalities: response.speaks ? ['text', 'audio'] : ['text'],
    instructions: response.instructions,
    voice: response.voice,
    speed: response.speed,
    input_audio_format: BETA_NAMES[input.format],
    output_audio_format: BETA_NAMES[response.format],
    input_audio_transcription: settings.tellsTranscripts ? transcriptionView(input) : null,
    turn_detection: conversationDetectionView(settings),
    tools: [],
    tool_choice: 'auto',
    max_response_output_tokens: 'inf',
  };
}

function conversationDetectionView(settings: ConversationSettings) {
  const { createsResponse: create_response, interruptsResponse: interrupt_response } = settings;
  const detection = detectionView(settings.input);
  return detection && { ...detection, create_response, interrupt_response };
}

function recognitionOf(
  transcription: NonNullable<NonNullable<ConversationSessionSettings['audio']>['input']>['transcription'],
  first: RealtimeSettings,
): Pick<RealtimeSettings, 'model' | 'language' | 'languages' | 'keywords' | 'prompt'> {
  const { model = first.model, ...given } = transcription ?? {};
  return { language: '', languages: [], keywords: [], prompt: '', ...given, model };
}

/** Detects turns as a transcription session does; what follows from them is the conversation's. */
function detectionOf(detection: ConversationDetection | null): {
  readonly turnDetection: RealtimeSettings['turnDetection'];
  readonly replies?: Pick<ConversationSettings, 'createsResponse' | 'interruptsResponse'>;
} {
  if (detection === null) return { turnDetection: null };
  const { create_response, interrupt_response, ...turnDetection } =
    conversationDetectionSchema.parse(detection);
  return {
    turnDetection,
    replies: { createsResponse: create_response, interruptsResponse: interrupt_response },
  };
}

function modalitiesOf(modalities: readonly ('audio' | 'text')[]): ('audio' | 'text')[] {
  return [modalities.includes('audio') ? 'audio' : 'text'];
}

function nameOf(voice: NonNullable<ResponseOptions['voice']>): string {
  return typeof voice === 'string' ? voice : voice.id;
}
