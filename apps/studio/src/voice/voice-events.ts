/** The events of the Socket.IO namespace /voice that the page reads, as docs/voice-socketio.md has them. A test holds them against the
 *  schemas of libs/contracts, which are too large for the page. */
export interface Scores {
  readonly overall: number;
  readonly fluency: number;
  readonly pace: number;
  readonly pauses: number;
  readonly soundQuality: number;
}

/** A mistake in what was said; `text` stands from `start` to `end`, UTF-16 units. */
export interface GrammarMistake {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly correction: string;
  readonly rule: string;
  readonly explanation: string;
}

export interface TurnReport {
  readonly errors: readonly GrammarMistake[];
  readonly improved: string;
  readonly rubric: Readonly<Record<string, number | null>> | null;
}

/** 0 to 100, and the ends of the interval that holds what is meant in 95 % of cases. */
export interface AssessedScore {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface AssessedWord {
  readonly text: string;
  readonly accuracy: AssessedScore | null;
  readonly phones: readonly {
    readonly phone: string;
    readonly accuracy: AssessedScore;
    readonly substitution: { readonly phone: string; readonly probability: number } | null;
  }[];
}

/** Why something has no score, or a low one. */
export interface AssessmentReason {
  readonly code: string;
  readonly message: string;
  /** What it is about, as `utterance.fluency`; empty: all scores. */
  readonly fields: readonly string[];
  /** Places in the assessment's words. */
  readonly words: readonly number[];
}

/** How an utterance was spoken, against the text that was expected or the one that was recognised. */
export interface Assessment {
  readonly mode: 'scripted' | 'free';
  readonly text: string;
  readonly utterance: Readonly<Record<string, AssessedScore | null>>;
  readonly words: readonly AssessedWord[];
  readonly reasons: readonly AssessmentReason[];
}

interface FaultBody {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export interface ServerEvents {
  'voice:joined': { readonly sessionId: string; readonly status: string; readonly sequence: number };
  'voice:recording-started': { readonly sessionId: string };
  'voice:recording-stopped': { readonly sessionId: string; readonly chunks: number };
  'voice:transcribed': {
    readonly text: string;
    readonly isFinal: boolean;
    readonly committedLength: number;
  };
  'voice:assessed': { readonly messageId: string; readonly assessment: Assessment };
  'voice:processing': {
    readonly status: 'transcribing' | 'thinking' | 'speaking';
    readonly messageId?: string;
  };
  'voice:response': {
    readonly messageId: string;
    readonly text: string;
    readonly shouldSpeak: boolean;
    readonly metadata: {
      readonly sequence: number;
      readonly part: 'sentence' | 'speech' | 'reply' | 'feedback';
      readonly index?: number;
      readonly sentences?: number;
      readonly scores?: Scores;
      readonly transcript?: { readonly text: string };
      readonly feedback?: TurnReport;
      /** What did not work and what stands in for it: `speech` by `text` where no voice of the platform speaks. */
      readonly degraded?: readonly { readonly stage: string; readonly to: string }[];
    };
    readonly audio: {
      readonly index: number;
      readonly data: ArrayBuffer;
      readonly contentType: string;
      readonly words?: readonly { readonly text: string; readonly startMs: number; readonly endMs: number }[];
    } | null;
  };
  'voice:use-browser-stt': { readonly sessionId: string };
  'voice:ready': { readonly messageId?: string };
  'voice:playback-paused': { readonly messageId: string };
  'voice:playback-resumed': { readonly messageId: string };
  'voice:interrupted': { readonly messageId: string; readonly played: string };
  'voice:left': { readonly sessionId: string };
  'voice:ended': { readonly metrics: { readonly turns: number; readonly spokenWords: number } };
  'voice:error': {
    readonly event?: string;
    readonly messageId?: string;
    readonly sequence?: number;
    readonly error: FaultBody;
  };
}

export type ServerEventName = keyof ServerEvents;
export type ServerEvent = {
  [Name in ServerEventName]: { readonly name: Name; readonly event: ServerEvents[Name] };
}[ServerEventName];

/** What an event of the page is acknowledged by. */
export type Acknowledgement = {
  readonly ok: true;
  readonly sessionId?: string;
  readonly sequence?: number;
  /** Of `voice:text-message`. */
  readonly messageId?: string;
  /** Of `voice:end`. */
  readonly metrics?: ServerEvents['voice:ended']['metrics'];
} & {
  readonly error?: undefined;
};
export type EventAnswer = Acknowledgement | { readonly error: FaultBody };
