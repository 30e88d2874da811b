import { Inject, Injectable } from '@nestjs/common';
import {
  closingSummary,
  closingSummarySchema,
  type ClosingSummary,
  type UsageSubject,
} from '@parlance/contracts';
import type { TurnRecord } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { LanguageModels, type GroqLanguageModel, type Question } from '../language-model/groq.provider.js';
import { fallbackReason, unusable } from '../language-model/server-faults.js';
import { repairQuestion } from '../language-model/structured-answer.js';
import { TokenUsageService } from '../language-model/token-usage.service.js';
import { BUILTIN_SUMMARY, builtinSummary, languageName, type DraftSummary } from './builtin-summary.js';
import { SaidWords } from './quotations.js';
import { materialOf, type SessionMaterial } from './session-material.js';
import { readNotes, readSummary } from './summary-answer.js';
import { notesQuestion, chunksOf, summaryQuestion, type SessionNotes } from './summary-request.js';
import { SUMMARY_PARTS, summaryTexts } from './summary-texts.data.js';

/** A summary takes no longer, all models and chunks together; then the built-in one stands. */
const LIMIT_MS = 90_000;

/** A session's turns, and who they are summed up for. */
export interface SummaryTask {
  /** Whom the tokens are counted for. */
  readonly usedBy: UsageSubject;
  readonly turns: readonly TurnRecord[];
  /** BCP 47, to write in; empty: English. */
  readonly language: string;
}

export interface WrittenSummary {
  readonly summary: ClosingSummary;
  /** What was spoken; empty where nothing was. */
  readonly spoken: string;
  readonly writtenIn: string;
  readonly model: string;
}

/** Writes what a session came to: by a language model where there is one, else from the measures and reports. Nothing stands in quotation
 *  marks that was not said. */
@Injectable()
export class ClosingSummaryWriter {
  constructor(
    private readonly models: LanguageModels,
    private readonly usage: TokenUsageService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Never rejects. */
  async write(task: SummaryTask, signal: AbortSignal): Promise<WrittenSummary> {
    const material = await materialOf(task.turns);
    const spoken = material.turns.at(-1)?.language ?? '';
    const said = await SaidWords.of(material.turns.flatMap(({ text, reply }) => [text, reply?.text ?? '']));
    const language = task.language || 'en';
    const builtin = onlyTrue(builtinSummary(material, language, spoken), said);
    const byModel = await this.ask(task, material, said, builtin, signal);
    if (byModel) return { ...byModel, spoken, writtenIn: language };
    const writtenIn = summaryTexts(language).language;
    return { summary: numbered(builtin), spoken, writtenIn, model: BUILTIN_SUMMARY };
  }

  private async ask(
    { usedBy, language }: SummaryTask,
    material: SessionMaterial,
    said: SaidWords,
    builtin: DraftSummary,
    signal: AbortSignal,
  ): Promise<{ summary: ClosingSummary; model: string } | undefined> {
    const chunks = await chunksOf(material);
    if (chunks.length === 0) return undefined;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const name = languageName(language || 'en', 'en');
    // The built-in headings are right where they are in that language.
    const hasTexts =
      summaryTexts(language || 'en').language === (language || 'en').toLowerCase().split('-')[0];
    for (const [at, model] of this.models.configured.entries()) {
      try {
        const source =
          chunks.length === 1
            ? { turns: chunks[0]! }
            : { notes: await this.notes(model, usedBy, chunks, said, limit) };
        const question = summaryQuestion(material, source, name);
        const draft = await this.draft(model, usedBy, question, said, builtin, hasTexts, limit);
        return { summary: numbered(draft), model: model.name };
      } catch (error) {
        const next = this.models.configured[at + 1]?.name ?? BUILTIN_SUMMARY;
        noteFallback('summary', model.name, next, fallbackReason(error));
        this.logger.warn({ err: error, model: model.name, next }, 'the language model wrote no summary');
      }
    }
    return undefined;
  }

  /** Notes of each chunk, one after the other; a chunk whose answer does not fit has none. */
  private async notes(
    model: GroqLanguageModel,
    usedBy: UsageSubject,
    chunks: Awaited<ReturnType<typeof chunksOf>>,
    said: SaidWords,
    signal: AbortSignal,
  ): Promise<SessionNotes[]> {
    const notes: SessionNotes[] = [];
    for (const chunk of chunks) {
      const read = readNotes(await this.answer(model, usedBy, notesQuestion(chunk), signal), said);
      if (read) notes.push(read);
    }
    if (notes.length === 0) throw unusable('schema');
    return notes;
  }

  /** Asked once more where most of it had to be dropped. @throws AppError also where nothing is left then */
  private async draft(
    model: GroqLanguageModel,
    usedBy: UsageSubject,
    question: Question,
    said: SaidWords,
    builtin: DraftSummary,
    hasTexts: boolean,
    signal: AbortSignal,
  ): Promise<DraftSummary> {
    const read = (text: string) => readSummary(text, said, builtin, hasTexts ? 'fallback' : 'own');
    const first = await this.answer(model, usedBy, question, signal);
    const before = read(first);
    if ('draft' in before && before.dropped === 0) return before.draft;
    const fault =
      'fault' in before ? before.fault : 'some points quote what the learner did not say, word for word';
    try {
      const after = read(await this.answer(model, usedBy, repairQuestion(question, first, fault), signal));
      if ('draft' in after) return after.draft;
    } catch (error) {
      if ('fault' in before) throw error;
    }
    if ('fault' in before) throw unusable('schema');
    return before.draft;
  }

  private async answer(
    model: GroqLanguageModel,
    usedBy: UsageSubject,
    question: Question,
    signal: AbortSignal,
  ): Promise<string> {
    const { text, usage } = await model.answer(question, signal);
    if (usage) this.usage.count(usedBy, model.model, 'summary', usage);
    return text;
  }
}

/** The draft without points that quote what was not said. */
function onlyTrue({ title, parts }: DraftSummary, said: SaidWords): DraftSummary {
  const held = SUMMARY_PARTS.map((part) => {
    const { heading, points } = parts[part];
    return [part, { heading, points: points.filter((point) => said.covers(point)) }] as const;
  });
  return { title, parts: Object.fromEntries(held) as unknown as DraftSummary['parts'] };
}

function numbered({ title, parts }: DraftSummary): ClosingSummary {
  return closingSummarySchema.parse(
    closingSummary(
      title,
      SUMMARY_PARTS.map((part) => parts[part]),
    ),
  );
}
