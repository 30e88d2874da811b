import { Schema } from 'mongoose';
import type {
  AssessmentJson,
  Correction,
  Degradation,
  FeedbackReport,
  RecordingReference,
  SpeechFailed,
  SpeechReady,
  TurnEvaluation,
  TurnFailed,
  TurnTranscribed,
} from '@parlance/contracts';

/** What became of a turn so far. It is complete when replied and, if it speaks, every sentence has its speech. */
export const TURN_STATES = ['transcribed', 'replied', 'failed'] as const;
export type TurnState = (typeof TURN_STATES)[number];

export interface DraftSentence {
  readonly index: number;
  readonly text: string;
  /** What wrote it; a reply is written by one model to its end. */
  readonly model: string;
  /** What fell back before this one was written; of a reply's first sentence only. */
  readonly degraded?: readonly Degradation[];
}

/** What a reply cost, as the language model's server counted it. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** By the configured price of the model, in its currency; absent where no price is configured. */
  readonly cost?: number;
}

export interface TurnReply {
  readonly text: string;
  readonly sentences: number;
  readonly model: string;
  readonly corrections: readonly Correction[];
  readonly degraded?: readonly Degradation[];
  readonly usage?: TokenUsage;
  readonly repliedAt: Date;
}

export type TurnSpeech = Omit<SpeechReady, 'identity'>;
/** A sentence that stays text. */
export type TurnUnspoken = Omit<SpeechFailed, 'identity'>;
export type TurnFailure = Pick<TurnFailed, 'stage' | 'error'>;

/** One turn: what was said and measured, what was answered, where its sound lies. */
export interface TurnRecord {
  readonly id: string;
  readonly tenant: string;
  readonly session: string;
  readonly sequence: number;
  readonly state: TurnState;
  readonly text: string;
  readonly language: string;
  readonly words: TurnTranscribed['words'];
  readonly measures?: TurnTranscribed['measures'];
  readonly scores?: TurnTranscribed['scores'];
  readonly degraded?: TurnTranscribed['degraded'];
  readonly recording?: RecordingReference | undefined;
  readonly speak: boolean;
  readonly voice: string;
  readonly speed: number;
  /** What the client has the language model do; absent: be the coach. */
  readonly instructions?: string;
  /** The reply as far as it is written; stored before it is published. */
  readonly draft: readonly DraftSentence[];
  readonly reply?: TurnReply;
  readonly feedback?: FeedbackReport;
  /** Marks by the rubric of the session's mode; written beside the report. */
  readonly evaluation?: TurnEvaluation;
  /** How it was spoken, by the models of scores; of sessions that ask for it. */
  readonly assessment?: AssessmentJson;
  readonly speech: readonly TurnSpeech[];
  readonly unspoken: readonly TurnUnspoken[];
  readonly failure?: TurnFailure;
  /** What was played of the reply when the person interrupted it. */
  readonly played?: string;
  readonly createdAt: Date;
}

/** What turns are searched by; absent until the turn has been indexed. */
export interface TurnIndexEntry {
  /** Of how words are told apart; a turn of another one is indexed anew. */
  readonly revision: number;
  readonly user?: string;
  readonly mode: string;
  /** Words of what was said and replied, as `termsOf` gives them. */
  readonly terms: readonly string[];
}

/** One exchange, as a language model remembers it. */
export interface PastExchange {
  readonly sequence: number;
  readonly said: string;
  /** Of a reply that was interrupted only what the person was played. */
  readonly answered: string;
  readonly interrupted: boolean;
  /** The whole reply, and what wrote it. */
  readonly reply: string;
  readonly model: string;
}

export interface TurnDocument extends Omit<TurnRecord, 'id'> {
  readonly _id: string;
  readonly search?: TurnIndexEntry;
}

const plain = { type: Schema.Types.Mixed };
const text = { type: String, default: '' };

export const turnSchema = new Schema<TurnDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    session: { type: String, required: true },
    sequence: { type: Number, required: true },
    state: { type: String, enum: TURN_STATES, required: true },
    text,
    language: text,
    // Validated by the contract's schemas when they arrive; kept as they came.
    words: plain,
    measures: plain,
    scores: plain,
    degraded: plain,
    recording: plain,
    speak: { type: Boolean, required: true },
    voice: text,
    speed: { type: Number, default: 1 },
    instructions: { type: String },
    draft: {
      type: [
        new Schema(
          { index: Number, text: String, model: String, degraded: { type: Schema.Types.Mixed } },
          { _id: false },
        ),
      ],
      default: [],
    },
    reply: plain,
    feedback: plain,
    evaluation: plain,
    assessment: plain,
    speech: { type: [Schema.Types.Mixed], default: [] },
    unspoken: { type: [Schema.Types.Mixed], default: [] },
    failure: plain,
    played: { type: String },
    search: plain,
    createdAt: { type: Date, required: true },
  },
  { collection: 'turns', versionKey: false, strict: 'throw', minimize: false },
);
turnSchema.index({ tenant: 1, session: 1, sequence: 1 }, { unique: true });
turnSchema.index({ tenant: 1, createdAt: -1 });
turnSchema.index({ state: 1, createdAt: 1 });
// Searches, newest first, from the rarest of what they ask for.
turnSchema.index({ tenant: 1, _id: -1 });
turnSchema.index({ tenant: 1, 'search.terms': 1, _id: -1 });
turnSchema.index({ tenant: 1, 'search.user': 1, _id: -1 });
// What is not indexed yet.
turnSchema.index({ 'search.revision': 1, createdAt: 1 });
// Turns of a tenant by what they were marked.
turnSchema.index({ tenant: 1, 'evaluation.total': 1, _id: -1 });
