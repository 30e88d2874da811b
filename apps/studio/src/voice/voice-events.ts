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
    };
    readonly audio: {
      readonly index: number;
      readonly data: ArrayBuffer;
      readonly contentType: string;
      readonly words?: readonly { readonly text: string; readonly startMs: number; readonly endMs: number }[];
    } | null;
  };
  'voice:ready': { readonly messageId?: string };
  'voice:playback-paused': { readonly messageId: string };
  'voice:playback-resumed': { readonly messageId: string };
  'voice:interrupted': { readonly messageId: string; readonly played: string };
  'voice:left': { readonly sessionId: string };
  'voice:ended': { readonly metrics: { readonly turns: number; readonly spokenWords: number } };
  'voice:error': { readonly messageId?: string; readonly sequence?: number; readonly error: FaultBody };
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
