import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { catalogueCodeSchema, LEVELS, type Level } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { shuffled } from './question-choice.js';
import { normalized, questionFault, textHash } from './question-text.js';

/** Our own questions, beside `src` and `dist`. */
const INSTALLED = fileURLToPath(new URL('../seeds/questions.json', import.meta.url));

const bankSchema = z.strictObject({
  revision: z.int().min(1),
  groups: z
    .array(
      z.strictObject({
        language: catalogueCodeSchema,
        topic: z.string().min(1).max(60),
        level: z.enum(LEVELS),
        questions: z.array(z.string()).min(1),
      }),
    )
    .min(1),
});

export interface BankQuestion {
  readonly language: string;
  readonly topic: string;
  readonly level: Level;
  readonly text: string;
}

/** What is wanted of the bank. */
export interface WantedQuestions {
  readonly language: string;
  readonly level: Level;
  /** In anybody's words; undefined: any. */
  readonly topic?: string | undefined;
}

/** Questions in our own words, by language, topic and level. */
export class QuestionBank {
  private constructor(readonly questions: readonly BankQuestion[]) {}

  /** @throws AppError catalogue.invalid_seed naming the question at fault */
  static load(file = INSTALLED): QuestionBank {
    const parsed = bankSchema.safeParse(parse(file));
    if (!parsed.success) throw fault(z.prettifyError(parsed.error));
    const questions = parsed.data.groups.flatMap(({ questions: texts, ...group }) =>
      texts.map((text) => ({ ...group, text })),
    );
    const seen = new Set<string>();
    for (const { language, text } of questions) {
      const problem = questionFault(text);
      if (problem !== undefined) throw fault(`“${text}” ${problem}`);
      const key = `${language} ${textHash(text)}`;
      if (seen.has(key)) throw fault(`“${text}” stands twice`);
      seen.add(key);
    }
    return new QuestionBank(questions);
  }

  has(language: string): boolean {
    return this.questions.some((one) => one.language === language);
  }

  /** The questions of a language: those of the topic first, then those nearest to the level, equal ones in a random order.
   *  @param random  from 0 to below 1 */
  find(
    { language, level, topic }: WantedQuestions,
    random: () => number = Math.random,
  ): readonly BankQuestion[] {
    const words = new Set(normalized(topic ?? '').split(' '));
    const isAbout = (question: BankQuestion) =>
      normalized(question.topic)
        .split(' ')
        .some((word) => word.length > 2 && words.has(word)) ||
      normalized(question.text)
        .split(' ')
        .some((word) => word.length > 3 && words.has(word));
    const distance = (question: BankQuestion) =>
      Math.abs(LEVELS.indexOf(question.level) - LEVELS.indexOf(level)) +
      (topic && !isAbout(question) ? 10 : 0);
    const ofLanguage = this.questions.filter((one) => one.language === language);
    return shuffled(ofLanguage, random)
      .map((question) => ({ question, distance: distance(question) }))
      .sort((one, other) => one.distance - other.distance)
      .map(({ question }) => question);
  }

  /** Whether a topic is one of the bank's. */
  knowsTopic(language: string, topic: string): boolean {
    const wanted = normalized(topic);
    return this.questions.some((one) => one.language === language && normalized(one.topic) === wanted);
  }
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw fault(`is no JSON (${(cause as Error).message})`, cause);
  }
}

function fault(text: string, cause?: unknown): AppError {
  return new AppError('catalogue.invalid_seed', `questions.json: ${text}`, { cause });
}
