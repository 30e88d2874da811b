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

export const TABLE_HEAD = 'streams  utterances  final p50  final p95  first word p95  interims every  ';

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
    ms(figures.hypothesisGapP50Ms).padStart(14),
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

/** Looks for the most streams that are held: doubles from `first` until one step fails, then halves the gap. Steps above a
 *  held count are tried once, so that the search is short; a count within a tenth is near enough.
 *  @param isHeld tries so many streams
 *  @returns the most that were held; 0 where not even one was */
export async function mostHeld(
  isHeld: (streams: number) => Promise<boolean>,
  { first = 1, most = 256 }: { readonly first?: number; readonly most?: number } = {},
): Promise<number> {
  let [held, failed] = [0, most + 1];
  for (let streams = Math.min(first, most); streams > held && streams < failed;) {
    if (await isHeld(streams)) held = streams;
    else failed = streams;
    const isNear = failed - held <= Math.max(1, Math.floor(held / 10));
    if (isNear) break;
    streams = failed > most ? Math.min(streams * 2, most) : Math.floor((held + failed) / 2);
  }
  return held;
}
