import { Injectable } from '@nestjs/common';
import {
  closingSummary,
  closingSummarySchema,
  type ClosingSummary,
  type UsageSubject,
} from '@parlance/contracts';
import type { TurnRecord } from '@parlance/persistence';
import { unusable } from '../language-model/server-faults.js';
import { StructuredAnswers, type Ask } from '../language-model/structured-answers.service.js';
import { BUILTIN_SUMMARY, builtinSummary, languageNameIn, type DraftSummary } from './builtin-summary.js';
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
  constructor(private readonly answers: StructuredAnswers) {}

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
    const name = languageNameIn(language || 'en', 'en');
    // The built-in headings are right where they are in that language.
    const hasTexts =
      summaryTexts(language || 'en').language === (language || 'en').toLowerCase().split('-')[0];
    const answer = await this.answers.ask(
      {
        question: async (ask) => {
          const source =
            chunks.length === 1 ? { turns: chunks[0]! } : { notes: await this.notes(ask, chunks, said) };
          return summaryQuestion(material, source, name);
        },
        read: (text) => {
          const read = readSummary(text, said, builtin, hasTexts ? 'fallback' : 'own');
          return 'value' in read ? { ...read, value: numbered(read.value) } : read;
        },
        ...{ usedBy, purpose: 'summary', otherwise: BUILTIN_SUMMARY },
      },
      limit,
    );
    return answer && { summary: answer.value, model: answer.model };
  }

  /** Notes of each chunk, one after the other; a chunk whose answer does not fit has none. */
  private async notes(
    ask: Ask,
    chunks: Awaited<ReturnType<typeof chunksOf>>,
    said: SaidWords,
  ): Promise<SessionNotes[]> {
    const notes: SessionNotes[] = [];
    for (const chunk of chunks) {
      const read = readNotes(await ask(notesQuestion(chunk)), said);
      if ('value' in read) notes.push(read.value);
    }
    if (notes.length === 0) throw unusable('schema');
    return notes;
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
