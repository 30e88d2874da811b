import type { StoredTurn } from '../history/turn-record.js';
import type { TextKey } from '../texts/en.data.js';

/** The scores of a turn that are looked at over a conversation, in the order that they are shown in. */
const NAMES = [
  ...['accuracy', 'fluency', 'prosody', 'clarity', 'pace', 'pauses'],
  ...['grammar', 'vocabulary', 'relevance', 'coherence'],
] as const;

/** Where the texts have their names. */
const OF_SPEECH: ReadonlySet<string> = new Set(['accuracy', 'fluency', 'prosody', 'clarity']);

/** One kind of score over a conversation. */
export interface ScoreSeries {
  readonly label: TextKey;
  /** 0 to 100, by turn; undefined where a turn has none. */
  readonly values: readonly (number | undefined)[];
  readonly mean: number;
}

export interface FaultOfTurn {
  readonly text: string;
  readonly correction: string;
  readonly rule: string;
}

/** What a turn said and how it could be said better, with what was wrong. */
export interface TurnToMend {
  readonly id: string;
  readonly said: string;
  readonly improved: string;
  readonly faults: readonly FaultOfTurn[];
}

/** How a conversation went. */
export interface SessionFigures {
  readonly series: readonly ScoreSeries[];
  readonly strongest: ScoreSeries | undefined;
  /** Undefined where there is but one kind of score. */
  readonly weakest: ScoreSeries | undefined;
  readonly toMend: readonly TurnToMend[];
}

/** Means of the scores that turns have, and what was wrong in them. Turns that were typed have none of speech. */
export function sessionFigures(turns: readonly StoredTurn[]): SessionFigures {
  const scores = turns.map(scoresOf);
  const series = NAMES.flatMap((name) => {
    const values = scores.map((one) => one[name] ?? undefined);
    const known = values.filter((value) => value !== undefined);
    if (known.length === 0) return [];
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return [{ label: `${OF_SPEECH.has(name) ? 'assess' : 'score'}.${name}` as TextKey, values, mean }];
  });
  const sorted = series.toSorted((one, other) => other.mean - one.mean);
  return {
    series,
    strongest: sorted[0],
    weakest: sorted.length > 1 ? sorted.at(-1) : undefined,
    toMend: turns.flatMap(({ id, text, feedback }) =>
      feedback && feedback.errors.length > 0
        ? [{ id, said: text, improved: feedback.improved, faults: feedback.errors }]
        : [],
    ),
  };
}

function scoresOf({ assessment, scores, feedback }: StoredTurn): Readonly<Record<string, number | null>> {
  const spoken = Object.entries(assessment?.utterance ?? {}).map(([name, score]) => [
    name,
    (score as { readonly value: number } | null)?.value ?? null,
  ]);
  return {
    ...scores,
    ...feedback?.rubric,
    ...Object.fromEntries(spoken.filter(([, value]) => value !== null)),
  };
}
