import type { FeedbackReport } from '@parlance/contracts';

/** A report that finds nothing, but for what the test says. */
export function aReport(parts: Partial<FeedbackReport> = {}): FeedbackReport {
  return {
    uncertain: false,
    makesSense: true,
    errors: [],
    suggestions: [],
    improved: 'I went home.',
    rubric: { grammar: 90, vocabulary: 80, relevance: 70, coherence: 60, fluency: 50 },
    model: 'builtin-coach',
    ...parts,
  };
}

/** A mistake that stands from `start` on. */
export function aMistake(start: number, text: string, rule = 'tense'): FeedbackReport['errors'][number] {
  return { start, end: start + text.length, text, correction: 'went', rule, explanation: 'It is past.' };
}
