import { Schema } from 'mongoose';
import type {
  Correction,
  ObjectReference,
  SpeechReady,
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
}

export interface TurnReply {
  readonly text: string;
  readonly sentences: number;
  readonly model: string;
  readonly corrections: readonly Correction[];
  readonly repliedAt: Date;
}

export type TurnSpeech = Omit<SpeechReady, 'identity'>;
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
  readonly measures: TurnTranscribed['measures'];
  readonly scores: TurnTranscribed['scores'];
  readonly recording: ObjectReference;
  readonly speak: boolean;
  readonly voice: string;
  /** The reply as far as it is written; stored before it is published. */
  readonly draft: readonly DraftSentence[];
  readonly reply?: TurnReply;
  readonly speech: readonly TurnSpeech[];
  readonly failure?: TurnFailure;
  readonly createdAt: Date;
}

export interface TurnDocument extends Omit<TurnRecord, 'id'> {
  readonly _id: string;
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
    recording: plain,
    speak: { type: Boolean, required: true },
    voice: text,
    draft: {
      type: [new Schema({ index: Number, text: String, model: String }, { _id: false })],
      default: [],
    },
    reply: plain,
    speech: { type: [Schema.Types.Mixed], default: [] },
    failure: plain,
    createdAt: { type: Date, required: true },
  },
  { collection: 'turns', versionKey: false, strict: 'throw', minimize: false },
);
turnSchema.index({ tenant: 1, session: 1, sequence: 1 }, { unique: true });
turnSchema.index({ tenant: 1, createdAt: -1 });
