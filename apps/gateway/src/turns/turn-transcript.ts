import type { Degradation, RecordingReference, TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

/** What recognition made of a turn. Measures and scores are missing only where a remote recogniser answered. */
export interface TurnTranscript extends Pick<TurnTranscribed, 'text' | 'language'> {
  readonly words: readonly TurnTranscribed['words'][number][];
  readonly measures?: TurnTranscribed['measures'] | null | undefined;
  readonly scores?: TurnTranscribed['scores'] | null | undefined;
  /** What recognition fell back to; empty or absent where it did not. */
  readonly degraded?: readonly Degradation[];
}

/** Whether the reply is spoken, by whom, and how fast, and what the language model is told to do. What a request does not say is as the
 *  session's settings have it. */
export type ReplyOptions = Partial<Pick<TurnTranscribed, 'speak' | 'voice' | 'speed' | 'instructions'>>;

/** What a turn's message has from recognition and the recording. */
export type Transcribed = Omit<
  TurnTranscribed,
  'identity' | 'sequence' | 'occurredAt' | 'usedBy' | keyof ReplyOptions
>;

/** @throws AppError upstream.unavailable where our own recogniser measured nothing */
export function measured(transcript: TurnTranscript): TurnTranscript {
  const { measures, scores, degraded = [] } = transcript;
  if (degraded.length === 0 && (!measures || !scores))
    throw new AppError('upstream.unavailable', 'Recognition gave no measures of the recording.');
  return transcript;
}

/** What a turn's message has from its transcript, and from its recording where there is one. */
export function transcribedOf(
  { text, language, words, measures, scores, degraded = [] }: TurnTranscript,
  recording: RecordingReference | undefined,
): Transcribed {
  return {
    ...{ text, language, words: [...words] },
    ...(recording ? { recording } : {}),
    ...(measures && scores ? { measures, scores } : {}),
    ...(degraded.length > 0 ? { degraded: [...degraded] } : {}),
  };
}
