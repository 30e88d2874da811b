import {
  decodingOptionsAmong,
  ENDPOINTING,
  expectedWords,
  listenQuerySchema,
  type ListenEvent,
  type ListenQuery,
  type StreamingConfig,
  type TurnEvent,
} from '@parlance/contracts';
import { parseQuery } from '../http/request-fields.js';
import type { TurnTaken } from '../live/session-turns.js';

const ENCODINGS = {
  linear16: 'AUDIO_ENCODING_PCM_S16LE',
  linear32: 'AUDIO_ENCODING_PCM_F32LE',
  float32: 'AUDIO_ENCODING_PCM_F32LE',
  wav: 'AUDIO_ENCODING_WAV',
  opus: 'AUDIO_ENCODING_OPUS',
} as const;

const EAGERNESS = { low: 'EAGERNESS_LOW', medium: 'EAGERNESS_MEDIUM', high: 'EAGERNESS_HIGH' } as const;

type SentOn = keyof typeof ENCODINGS;

/** What inference decodes, where no session keeps the audio; undefined: its first bytes have to say what it is, or only this process
 *  can decode it. */
function sentOn({ converse, encoding }: ListenQuery): SentOn | undefined {
  return !converse && encoding !== undefined && encoding in ENCODINGS ? (encoding as SentOn) : undefined;
}

/** Whether the audio is decoded before it goes to inference. */
export function isDecodedHere(query: ListenQuery): boolean {
  return sentOn(query) === undefined;
}

/** What inference is asked for. Audio that is decoded here is 16 kHz mono; words are always wanted. */
export function streamingConfig(query: ListenQuery, model: string): StreamingConfig {
  const encoding = sentOn(query);
  const audio =
    encoding === undefined
      ? ({ encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const)
      : { encoding: ENCODINGS[encoding], sampleRateHz: query.sample_rate, channels: query.channels };
  const {
    language,
    languages,
    prompt,
    endpointing = 0,
    eagerness,
    max_utterance: maxUtteranceMs,
    vad_threshold,
  } = query;
  return {
    mode: 'STREAMING_MODE_LIVE',
    interimResults: query.interim_results ?? query.converse,
    endpointing: {
      silenceMs: typeof endpointing === 'number' ? endpointing : ENDPOINTING.silenceMs.usual,
      maxUtteranceMs,
      threshold: vad_threshold,
      eagerness: eagerness ? EAGERNESS[eagerness] : 'EAGERNESS_UNSPECIFIED',
      confirmSpeech: query.converse,
    },
    recognition: {
      audio,
      model,
      language,
      languages,
      prompt,
      task: query.task === 'translate' ? 'TASK_TRANSLATE' : 'TASK_TRANSCRIBE',
      wordTimestamps: true,
      // Of live speech, vad_threshold is the endpointing's.
      decoding: decodingOptionsAmong({ ...query, vad_threshold: undefined, hotwords: expectedWords(query) }),
    },
  };
}

/** An utterance that became a turn, as the socket's client sees it. @param base  what links begin with */
export function takenListenEvent({ identity, utteranceId }: TurnTaken, base: string): ListenEvent {
  const { turn, session } = identity;
  return { type: 'TurnTaken', turn, session, utterance_id: utteranceId, url: `${base}/api/v1/turns/${turn}` };
}

/** A turn's event as the socket's client sees it. */
export function turnListenEvent(
  { event, sequence }: { readonly event: TurnEvent; readonly sequence: number },
  options: { readonly base: string; readonly withAudio: boolean },
): ListenEvent {
  const { turn, session } = event.data.identity;
  const about = { turn, session, sequence };
  switch (event.name) {
    case 'reply.sentence':
      return { type: 'ReplySentence', ...about, index: event.data.index, text: event.data.text };
    case 'speech.ready':
      return {
        type: 'SpeechReady',
        ...about,
        index: event.data.index,
        url: `${options.base}/api/v1/turns/${turn}/audio/${event.data.index}`,
        content_type: event.data.audio.contentType,
        duration_ms: event.data.durationMs,
        bytes: options.withAudio ? event.data.audio.bytes : 0,
        words: event.data.words.map(({ text, startMs, endMs }) => ({
          word: text,
          start: startMs / 1000,
          end: endMs / 1000,
        })),
        ...(event.data.degraded ? { degraded: event.data.degraded } : {}),
      };
    case 'speech.failed': {
      const { index, error, degraded } = event.data;
      return { type: 'SpeechFailed', ...about, index, error, degraded };
    }
    case 'turn.replied': {
      const { text, sentences, model, corrections, degraded = [] } = event.data;
      return { type: 'TurnReplied', ...about, text, sentences, model, corrections, degraded };
    }
    case 'turn.feedback':
      return { type: 'Feedback', ...about, report: event.data.report };
    case 'turn.failed':
      return { type: 'TurnFailed', ...about, error: event.data.error };
  }
}

/** Parameters that may be given several times, or once with commas. */
const LISTS: ReadonlySet<string> = new Set(['languages', 'temperatures', 'keyterm', 'keywords']);

/**
 * The parameters of a connection to `/v1/listen`.
 * @throws AppError request.invalid naming the parameter
 */
export function readListenQuery(parameters: URLSearchParams): ListenQuery {
  return parseQuery(listenQuerySchema, parameters, LISTS);
}
