import type { ListenEvent, RecognitionResult__Output, SpeechMeasures__Output } from '@parlance/contracts';
import {
  deepgramModel,
  deepgramWords,
  detectedLanguage,
  meanConfidence,
  wordsByLength,
} from '../recognition/deepgram-view.js';

/** Number of the channel, and how many there are. */
export const ONE_CHANNEL = [0, 1];

/** What is told with each result beside the text. */
export interface ResultContext {
  readonly requestId: string;
  readonly model: string;
  readonly isSpeechFinal: boolean;
  readonly isFromFinalize: boolean;
}

/** An interim or final as the socket's client sees it. */
export function resultsEvent(result: RecognitionResult__Output, context: ResultContext): ListenEvent {
  const { text, startMs, endMs, isFinal } = result;
  const words = result.words.length > 0 ? result.words : wordsByLength(text, result, result.stability);
  return {
    type: 'Results',
    channel_index: ONE_CHANNEL,
    utterance_id: result.utteranceId,
    start: startMs / 1000,
    duration: (endMs - startMs) / 1000,
    is_final: isFinal,
    speech_final: context.isSpeechFinal,
    from_finalize: context.isFromFinalize,
    stable_length: result.stableLength,
    stability: result.stability,
    language: result.language,
    channel: {
      ...detectedLanguage(result),
      alternatives: [
        {
          transcript: text,
          confidence: meanConfidence(words) ?? result.stability,
          words: deepgramWords(words),
        },
      ],
    },
    metadata: { request_id: context.requestId, ...deepgramModel(context.model) },
    ...measuresOf(result.measures),
    ...(result.scores ? { scores: result.scores } : {}),
  };
}

/** The answer to a Finalize where nothing was said. */
export function emptyFinal(atMs: number, context: Pick<ResultContext, 'requestId' | 'model'>): ListenEvent {
  const nothing: RecognitionResult__Output = {
    isFinal: true,
    stability: 0,
    text: '',
    stableLength: 0,
    startMs: atMs,
    endMs: atMs,
    words: [],
    segments: [],
    language: '',
    utteranceId: '',
    measures: null,
    scores: null,
  };
  return resultsEvent(nothing, { ...context, isSpeechFinal: true, isFromFinalize: true });
}

export function measuresOf(measures: SpeechMeasures__Output | null | undefined) {
  return measures ? { measures } : {};
}
