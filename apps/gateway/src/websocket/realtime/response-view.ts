import type { ResponseView } from '@parlance/contracts';
import type { ResponseSettings } from './conversation-settings.js';
import { BETA_NAMES, formatView } from './realtime-settings.js';

const NAMES = {
  itemAdded: 'conversation.item.added',
  itemDone: ['conversation.item.done'],
  audioDelta: 'response.output_audio.delta',
  audioDone: 'response.output_audio.done',
  transcriptDelta: 'response.output_audio_transcript.delta',
  transcriptDone: 'response.output_audio_transcript.done',
  textDelta: 'response.output_text.delta',
  textDone: 'response.output_text.done',
  audioContent: 'output_audio',
  textContent: 'output_text',
} as const;

const BETA = {
  itemAdded: 'conversation.item.created',
  itemDone: [],
  audioDelta: 'response.audio.delta',
  audioDone: 'response.audio.done',
  transcriptDelta: 'response.audio_transcript.delta',
  transcriptDone: 'response.audio_transcript.done',
  textDelta: 'response.text.delta',
  textDone: 'response.text.done',
  audioContent: 'audio',
  textContent: 'text',
} as const;

/** What the events of a response are called. */
export type ResponseNames = typeof NAMES | typeof BETA;

/** @param isBeta  whether the client knows the names of the beta */
export function namesOf(isBeta: boolean): ResponseNames {
  return isBeta ? BETA : NAMES;
}

/** What is told of a response whatever becomes of it. */
export function responseView({
  id,
  conversationId,
  metadata,
  settings,
  isBeta,
}: {
  readonly id: string;
  readonly conversationId: string;
  readonly metadata: ResponseView['metadata'];
  readonly settings: ResponseSettings;
  readonly isBeta: boolean;
}): Omit<ResponseView, 'status' | 'output'> {
  const { speaks, voice, format } = settings;
  const shared = { id, object: 'realtime.response', conversation_id: conversationId, metadata } as const;
  return isBeta
    ? {
        ...shared,
        modalities: speaks ? ['text', 'audio'] : ['text'],
        voice,
        output_audio_format: BETA_NAMES[format],
      }
    : {
        ...shared,
        output_modalities: [speaks ? 'audio' : 'text'],
        audio: { output: { format: formatView(format), voice } },
      };
}
