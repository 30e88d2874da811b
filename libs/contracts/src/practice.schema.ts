import { z } from 'zod';
import { tenantSchema, ulidSchema } from './identity.js';
import { LEVELS } from './language.js';
import { usedBySchema } from './limits.schema.js';

/* What learners practise: as it is stored, and as the API shows it. */

const count = z.number().int().nonnegative();
const time = z.iso.datetime();

/** Questions of a set. */
export const QUESTIONS_PER_SET = 10;
/** Longest answer, characters; a longer turn is cut. */
export const LONGEST_ANSWER = 2_000;

export const questionSchema = z.object({
  /** `q1` to `q10`. */
  id: z.string(),
  text: z.string(),
});
export type Question = z.infer<typeof questionSchema>;

export const questionAnswerSchema = z.object({
  question: z.string(),
  text: z.string(),
  /** Of an answer by voice: the turn that it was said in. */
  session: ulidSchema.optional(),
  turn: ulidSchema.optional(),
  at: time,
});
export type QuestionAnswer = z.infer<typeof questionAnswerSchema>;

/** What is said of one answer. */
export const answerReportSchema = z.object({
  question: z.string(),
  /** Recognition was too poor to judge it. */
  uncertain: z.boolean(),
  /** Null where it was not judged. */
  makes_sense: z.boolean().nullable(),
  errors: z.array(
    z.object({ text: z.string(), correction: z.string(), rule: z.string(), explanation: z.string() }),
  ),
  /** The answer with the errors corrected. */
  improved: z.string(),
});
export type AnswerReport = z.infer<typeof answerReportSchema>;

/** The report over all answers of a set. */
export const questionReportSchema = z.object({
  answered: count,
  made_sense: count,
  errors: count,
  answers: z.array(answerReportSchema),
  /** What to practise, the most needed first. */
  practise: z.array(z.string()),
  /** What wrote it, honestly: `groq:MODEL`, `builtin-coach`. */
  model: z.string(),
});
export type QuestionReport = z.infer<typeof questionReportSchema>;

export const QUESTION_SET_STATES = ['making', 'open', 'reporting', 'reported', 'failed'] as const;
export const QUESTION_SOURCES = ['random', 'topic', 'transcript', 'session'] as const;

/** Ten questions, their answers and the report. */
export const questionSetSchema = z.object({
  status: z.enum(QUESTION_SET_STATES),
  source: z.enum(QUESTION_SOURCES),
  topic: z.string().optional(),
  /** What the questions are made from. */
  transcript: z.string().optional(),
  session: ulidSchema.optional(),
  language: z.string(),
  level: z.enum(LEVELS),
  questions: z.array(questionSchema),
  /** What made them: `question-bank`, `transcript-templates`, or a language model by its name. */
  made_by: z.array(z.string()),
  answers: z.array(questionAnswerSchema),
  report: questionReportSchema.optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type QuestionSet = z.infer<typeof questionSetSchema>;

/** What a learner was asked already, as hashes of normalised text, the newest last. */
export interface QuestionHistory {
  readonly questions: readonly string[];
  readonly sets: readonly string[];
}

/** Gateway → conversation: make a set's questions, or the report over its answers. */
export const practiceTaskSchema = z.object({
  identity: z.object({ tenant: tenantSchema }),
  set: ulidSchema,
  task: z.enum(['questions', 'report']),
  /** The key that it is counted for, beside the tenant and the set's learner. */
  usedBy: usedBySchema.pick({ key: true }).optional(),
});
export type PracticeTask = z.infer<typeof practiceTaskSchema>;

/** The state of a word in spaced repetition, as FSRS has it; times are ISO 8601. */
export const wordCardSchema = z.object({
  due: time,
  stability: z.number(),
  difficulty: z.number(),
  elapsed_days: z.number(),
  scheduled_days: z.number(),
  learning_steps: z.number(),
  reps: z.number(),
  lapses: z.number(),
  state: z.number().int().min(0).max(3),
  last_review: time.optional(),
});
export type WordCard = z.infer<typeof wordCardSchema>;

export const WORD_RATINGS = ['again', 'hard', 'good', 'easy'] as const;
export type WordRating = (typeof WORD_RATINGS)[number];
export const WORD_STATES = ['new', 'learning', 'review', 'relearning'] as const;

/** A word or phrase that a learner learns. */
export const vocabularyWordSchema = z.object({
  term: z.string(),
  language: z.string(),
  meaning: z.string(),
  example: z.string(),
  /** The turn that it was taken from. */
  turn: ulidSchema.optional(),
  card: wordCardSchema,
});
export type VocabularyWord = z.infer<typeof vocabularyWordSchema>;

/** When a learner was active: quarters of an hour since 1970 (every time zone is a whole number of them from UTC). */
export interface LearnerActivity {
  readonly quarters: readonly number[];
}

export const CONTEST_KINDS = ['words_a_day', 'words_in_all', 'different_words', 'target_words'] as const;

export const contestSchema = z.object({
  title: z.string(),
  kind: z.enum(CONTEST_KINDS),
  language: z.string(),
  /** From this moment on, and before that one. */
  starts_at: time,
  ends_at: time,
  /** Whose days are counted, as `Europe/Berlin`. */
  time_zone: z.string(),
  /** Of a contest for target words: those that count. */
  targets: z.array(z.string()),
});
export type Contest = z.infer<typeof contestSchema>;

/** Turns that did not count, or not in full, by reason. */
export const contestRefusalsSchema = z.object({
  repetition: count,
  playback: count,
  speed: count,
});

/** What a learner has in a contest. */
export const contestEntrySchema = z.object({
  name: z.string(),
  joined_at: time,
  /** Words that count, in all and by the contest's days. */
  words: count,
  days: z.record(z.string(), count),
  /** Different words said, or targets, in one spelling. */
  different: z.array(z.string()),
  /** How many those are: boards and entries are shown without reading them. */
  different_words: count,
  turns: count,
  /** Hashes of the last turns, by which one that is said again in another session is known. */
  said: z.array(z.string()).default([]),
  refused: contestRefusalsSchema,
  /** The last turn that was looked at, of each session: no turn is counted twice. */
  counted: z.record(ulidSchema, count),
});
export type ContestEntry = z.infer<typeof contestEntrySchema>;

export const EXAM_STATES = ['running', 'judging', 'judged', 'expired'] as const;
const mark = z.number().min(0).max(5);

/** The marks of an answer: four of 0 to 5 each, together 0 to 100. */
export const examResultSchema = z.object({
  marks: z.object({ delivery: mark, language: mark, content: mark, timing: mark }),
  total: z.number().min(0).max(100),
  spoken_seconds: z.number(),
  remarks: z.array(z.string()),
  transcript: z.string(),
});
export type ExamResult = z.infer<typeof examResultSchema>;

/** One exam: a prompt with the times that hold for it. */
export const examSchema = z.object({
  prompt: z.string(),
  question: z.string(),
  status: z.enum(EXAM_STATES),
  started_at: time,
  /** Speaking begins here, and ends there. */
  speaking_from: time,
  speaking_until: time,
  session: ulidSchema.optional(),
  turn: ulidSchema.optional(),
  result: examResultSchema.optional(),
});
export type Exam = z.infer<typeof examSchema>;
