import { Schema } from 'mongoose';
import type { ObjectReference, SpeechWord } from '@parlance/contracts';

/** Speech that was made before, and where its audio lies. */
export interface KeptSpeechRecord {
  /** By content: what was spoken, by whom and how. */
  readonly key: string;
  readonly tenant: string;
  /** The session that it was made for first; absent where it was for none. */
  readonly session?: string | undefined;
  readonly audio: ObjectReference;
  readonly durationMs: number;
  readonly engine: string;
  readonly voice: string;
  readonly words: readonly SpeechWord[];
  readonly usedAt: Date;
}

export interface KeptSpeechDocument extends Omit<KeptSpeechRecord, 'key'> {
  readonly _id: string;
}

const plain = { type: Schema.Types.Mixed };

export const keptSpeechSchema = new Schema<KeptSpeechDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, default: '' },
    session: { type: String },
    audio: plain,
    durationMs: { type: Number, required: true },
    engine: { type: String, required: true },
    voice: { type: String, required: true },
    words: { type: [Schema.Types.Mixed], default: [] },
    usedAt: { type: Date, required: true },
  },
  { collection: 'speech', versionKey: false, strict: 'throw', minimize: false },
);
keptSpeechSchema.index({ usedAt: 1 });
keptSpeechSchema.index({ tenant: 1, session: 1 });
