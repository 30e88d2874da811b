import { Schema } from 'mongoose';
import type {
  LearnerActivity,
  Contest,
  ContestEntry,
  Course,
  Enrolment,
  Exam,
  Lesson,
  QuestionHistory,
  QuestionSet,
  VocabularyWord,
} from '@parlance/contracts';

/** What learning is made of: each kind with its value. */
export interface LearningValues {
  course: Course;
  lesson: Lesson;
  enrolment: Enrolment;
  question_set: QuestionSet;
  question_history: QuestionHistory;
  word: VocabularyWord;
  activity: LearnerActivity;
  contest: Contest;
  contest_entry: ContestEntry;
  exam: Exam;
}
export type LearningKind = keyof LearningValues;

/** Where a record stands beside others. */
export interface LearningFacets {
  /** The course of a lesson or an enrolment, the contest of an entry. */
  readonly parent?: string;
  /** The learner whose it is; undefined: the tenant's. */
  readonly user?: string;
  /** When a word is to be reviewed; when an entry's contest ends; until when an exam takes an answer. */
  readonly dueAt?: Date;
  /** What siblings are ordered by: a lesson's position, an entry's score. */
  readonly rank?: number;
}

/** A record of a tenant's. */
export interface LearningRecord<Kind extends LearningKind> extends LearningFacets {
  readonly id: string;
  readonly value: LearningValues[Kind];
  /** Counts the changes. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** As stored: all kinds in one collection, so that a learner's records are found, exported and erased together. */
export interface LearningDocument extends LearningFacets {
  readonly _id: string;
  readonly tenant: string;
  readonly kind: LearningKind;
  /** Of what there may be one of only, as a learner's enrolment in a course; unique. */
  readonly key?: string;
  readonly value: unknown;
  readonly version: number;
  /** Of the call that wrote this version: a retry whose first attempt did arrive finds its own. */
  readonly change: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const learningSchema = new Schema<LearningDocument>(
  {
    _id: { type: String, required: true },
    tenant: { type: String, required: true },
    kind: { type: String, required: true },
    key: { type: String },
    parent: { type: String },
    user: { type: String },
    // Checked by the contract's schemas before it is written.
    value: { type: Schema.Types.Mixed },
    version: { type: Number, required: true },
    change: { type: String, required: true },
    dueAt: { type: Date },
    rank: { type: Number },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'learning', versionKey: false, strict: 'throw', minimize: false },
);
learningSchema.index({ tenant: 1, kind: 1, _id: -1 });
learningSchema.index({ tenant: 1, kind: 1, user: 1, _id: -1 });
learningSchema.index({ tenant: 1, kind: 1, user: 1, dueAt: 1 });
// Both directions of a list by rank: those of one rank go the same way.
learningSchema.index({ tenant: 1, kind: 1, parent: 1, rank: 1, _id: 1 });
learningSchema.index({ tenant: 1, user: 1, _id: -1 });
learningSchema.index({ key: 1 }, { unique: true, sparse: true });
