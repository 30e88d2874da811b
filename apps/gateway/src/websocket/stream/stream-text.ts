import type { FeedbackReport, RecognitionResult__Output, StreamReport } from '@parlance/contracts';

interface StreamUtterance {
  readonly text: string;
  /** Where it begins in the whole text. */
  readonly at: number;
  turn: string | undefined;
}

const SEPARATOR = ' ';

/** The finals of a stream, and the report on them. */
export class StreamText {
  private readonly utterances = new Map<string, StreamUtterance>();
  private text = '';
  private words = 0;

  /** A final of recognition. */
  add({ utteranceId, text, measures, words }: RecognitionResult__Output): void {
    const said = text.trim();
    if (said === '') return;
    const separator = this.text === '' ? '' : SEPARATOR;
    this.utterances.set(utteranceId, {
      text,
      at: this.text.length + separator.length - leadingSpace(text),
      turn: undefined,
    });
    this.text += separator + said;
    this.words += measures?.wordCount ?? words.length;
  }

  /** An utterance became this turn. */
  stored(utteranceId: string, turn: string): void {
    const utterance = this.utterances.get(utteranceId);
    if (utterance) utterance.turn = turn;
  }

  /** @param reportOf  the feedback of a turn, where it has come */
  report(
    session: string,
    durationMs: number,
    reportOf: (turn: string) => FeedbackReport | undefined,
  ): StreamReport {
    const utterances = [...this.utterances.values()];
    const checked = utterances.flatMap((utterance) => {
      const report = utterance.turn === undefined ? undefined : reportOf(utterance.turn);
      return report ? [{ utterance, report }] : [];
    });
    const unchecked = utterances.length - checked.length;
    return {
      type: 'report',
      session_id: session,
      text: this.text,
      words: this.words,
      duration_ms: durationMs,
      errors: checked.flatMap(({ utterance: { at }, report }) =>
        report.errors.map((error) => ({ ...error, start: error.start + at, end: error.end + at })),
      ),
      suggestions: [...new Set(checked.flatMap(({ report }) => report.suggestions))],
      complete: unchecked === 0,
      unchecked,
      models: [...new Set(checked.map(({ report }) => report.model))],
    };
  }
}

/** Spaces before the first word are not part of the whole text. */
function leadingSpace(text: string): number {
  return text.length - text.trimStart().length;
}
