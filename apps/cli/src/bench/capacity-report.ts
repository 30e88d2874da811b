import type { LiveFigures } from './live-figures.js';

/** What `bench streams` found out. */
export interface CapacityReport {
  readonly url: string;
  /** Most streams held; 0 where not even one was. */
  readonly held: number;
  readonly limitMs: number;
  readonly endpointingMs: number;
  /** In the order tried. */
  readonly steps: readonly (LiveFigures & { readonly isHeld: boolean })[];
}

export const TABLE_HEAD = 'streams  utterances  final p50  final p95  first word p95  hypotheses every  ';

/** A step as a line of the table. */
export function stepLine(figures: LiveFigures, held: boolean): string {
  const codes = [...new Set(figures.faults)].join(', ');
  const verdict = held ? 'held' : codes ? `${figures.faults.length} refused (${codes})` : 'too late';
  return [
    String(figures.streams).padStart(7),
    String(figures.utterances).padStart(10),
    ms(figures.finalP50Ms).padStart(9),
    ms(figures.finalP95Ms).padStart(9),
    ms(figures.firstWordP95Ms).padStart(14),
    ms(figures.hypothesisGapP50Ms).padStart(16),
    verdict,
  ].join('  ');
}

export function conclusion({ url, held, limitMs }: CapacityReport): string {
  const streams = held === 1 ? '1 live stream' : `${held} live streams`;
  return held === 0
    ? `${url} does not hold one live stream: its finals come later than ${limitMs} ms after the speech, or it refuses.`
    : `${url} holds ${streams}: 95 % of the finals come within ${limitMs} ms of the end of speech.`;
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value)} ms` : value === Infinity ? 'never' : '–';
}
