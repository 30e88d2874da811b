import {
  decodingOptionsAmong,
  listenQuerySchema,
  type EndpointEvent__Output,
  type ListenEvent,
  type ListenQuery,
  type RecognitionResult__Output,
  type SpeechMeasures__Output,
  type StreamingConfig,
  type TurnEvent,
} from '@parlance/contracts';
import { fieldValues, parseRequest } from '../http/request-fields.js';
import type { TurnTaken } from '../live/session-turns.js';
import type { RecognitionEvent } from '../recognition/live-stream.js';

const ENCODINGS = {
  linear16: 'AUDIO_ENCODING_PCM_S16LE',
  float32: 'AUDIO_ENCODING_PCM_F32LE',
  wav: 'AUDIO_ENCODING_WAV',
  opus: 'AUDIO_ENCODING_OPUS',
} as const;

const EAGERNESS = { low: 'EAGERNESS_LOW', medium: 'EAGERNESS_MEDIUM', high: 'EAGERNESS_HIGH' } as const;

/** Whether the audio is decoded before it goes to inference: a session keeps it, and where no encoding is given its first
 *  bytes have to say what it is. */
export function isDecodedHere({ converse, encoding }: ListenQuery): boolean {
  return converse || encoding === undefined;
}

/** What inference is asked for. Audio that is decoded here is 16 kHz mono; words are always wanted. */
export function streamingConfig(query: ListenQuery, model: string): StreamingConfig {
  const audio =
    query.encoding === undefined || isDecodedHere(query)
      ? ({ encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const)
      : { encoding: ENCODINGS[query.encoding], sampleRateHz: query.sample_rate, channels: query.channels };
  const {
    language,
    languages,
    prompt,
    endpointing: silenceMs = 0,
    eagerness,
    max_utterance: maxUtteranceMs,
    vad_threshold,
  } = query;
  return {
    mode: 'STREAMING_MODE_LIVE',
    interimResults: query.interim_results,
    endpointing: {
      silenceMs,
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
      decoding: decodingOptionsAmong(query),
    },
  };
}

/** A recognition event as the socket's client sees it; undefined where there is nothing to tell. */
export function listenEvent(
  event: RecognitionEvent,
  stream: { readonly requestId: string; readonly model: string; readonly session: string | undefined },
): ListenEvent | undefined {
  if (event.result) return resultsEvent(event.result);
  if (event.endpoint) return endpointEvent(event.endpoint);
  const { requestId: request_id, model, session } = stream;
  if (event.started)
    return { type: 'Metadata', request_id, model: event.started.model, ...(session ? { session } : {}) };
  if (!event.summary) return undefined;
  const { audioMs, measures } = event.summary;
  return {
    type: 'Metadata',
    request_id,
    model,
    ...(session ? { session } : {}),
    duration: audioMs / 1000,
    ...measuresOf(measures),
  };
}

function endpointEvent({
  kind,
  atMs,
  utteranceId,
  voicedMs,
}: EndpointEvent__Output): ListenEvent | undefined {
  const [timestamp, utterance_id, voiced_ms] = [atMs / 1000, utteranceId, voicedMs];
  switch (kind) {
    case 'ENDPOINT_KIND_SPEECH_STARTED':
      return { type: 'SpeechStarted', timestamp, utterance_id };
    case 'ENDPOINT_KIND_SPEECH_POSSIBLE':
      return { type: 'SpeechPossible', timestamp, utterance_id, voiced_ms };
    case 'ENDPOINT_KIND_SPEECH_CONFIRMED':
      return { type: 'SpeechConfirmed', timestamp, utterance_id, voiced_ms };
    case 'ENDPOINT_KIND_SPEECH_DISMISSED':
      return { type: 'SpeechDismissed', timestamp, utterance_id, voiced_ms };
    case 'ENDPOINT_KIND_UTTERANCE_END':
      return { type: 'UtteranceEnd', last_word_end: timestamp, utterance_id };
    default:
      // A newer server's.
      return undefined;
  }
}

function resultsEvent(result: RecognitionResult__Output): ListenEvent {
  const { text, words, startMs, endMs, isFinal } = result;
  const confidence =
    words.length > 0
      ? words.reduce((sum, word) => sum + word.confidence, 0) / words.length
      : result.stability;
  return {
    type: 'Results',
    utterance_id: result.utteranceId,
    start: startMs / 1000,
    duration: (endMs - startMs) / 1000,
    is_final: isFinal,
    speech_final: isFinal,
    stable_length: result.stableLength,
    stability: result.stability,
    language: result.language,
    channel: {
      ...detectedLanguage(result),
      alternatives: [
        {
          transcript: text,
          confidence,
          words: words.map((word) => ({
            word: word.text.trim(),
            start: word.startMs / 1000,
            end: word.endMs / 1000,
            confidence: word.confidence,
          })),
        },
      ],
    },
    ...measuresOf(result.measures),
    ...(result.scores ? { scores: result.scores } : {}),
  };
}

/** Deepgram's names; nothing where the client gave the language. */
function detectedLanguage({ language, languageProbability }: RecognitionResult__Output) {
  return languageProbability === undefined
    ? {}
    : { detected_language: language, language_confidence: languageProbability };
}

function measuresOf(measures: SpeechMeasures__Output | null | undefined) {
  return measures ? { measures } : {};
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
const LISTS: ReadonlySet<string> = new Set(['languages', 'temperatures']);

/**
 * The parameters of a connection to `/v1/listen`.
 * @throws AppError request.invalid naming the parameter
 */
export function readListenQuery(parameters: URLSearchParams): ListenQuery {
  const names = new Set(parameters.keys());
  const query = new Map([...names].map((name) => [name, parameters.getAll(name)]));
  return parseRequest(listenQuerySchema, fieldValues(query, names, LISTS));
}
