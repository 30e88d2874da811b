/** Writes a measured figure into the run's output: a suite that only passes tells its bound, not what it found. */
export function tellFigure(what: string, figure: string, bound: string): void {
  process.stdout.write(`figure: ${what}: ${figure} (${bound})\n`);
}

/** The same for a count as a share of a whole. */
export function tellShare(what: string, count: number, whole: number, least: number): void {
  const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;
  tellFigure(what, `${count} of ${whole}, ${percent(count / whole)}`, `at least ${percent(least)}`);
}
