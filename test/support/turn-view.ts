import type {
  Correction,
  Degradation,
  FeedbackReport,
  SpeechMeasuresJson,
  SpeechScoresJson,
  WordJson,
} from '@parlance/contracts';

/** A turn as a client of /api/v1/turns reads it. */
export interface TurnView {
  readonly id: string;
  readonly session: string;
  readonly sequence: number;
  readonly status: 'answering' | 'complete' | 'failed';
  readonly url: string;
  readonly text: string;
  readonly words: readonly WordJson[];
  readonly measures: SpeechMeasuresJson;
  readonly scores: SpeechScoresJson;
  readonly recording: { readonly url: string; readonly contentType: string };
  readonly reply: {
    readonly text: string;
    readonly model: string;
    readonly corrections: readonly Correction[];
    readonly degraded: readonly Degradation[];
    readonly sentences: readonly {
      readonly index: number;
      readonly text: string;
      readonly audio?: { readonly url: string; readonly contentType: string; readonly durationMs: number };
    }[];
  } | null;
  readonly feedback: FeedbackReport | null;
  readonly audio: { readonly url: string } | null;
}
