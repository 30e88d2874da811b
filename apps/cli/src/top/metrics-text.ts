/** One series of a metrics page and its value now. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads a page in the Prometheus text format; comments, and lines that are none of it, are left out. */
export function readMetrics(page: string): Series[] {
  return page.split('\n').flatMap((line) => {
    const found = line.startsWith('#') ? undefined : LINE.exec(line);
    if (!found) return [];
    const [, name = '', list = '', value = ''] = found;
    const labels = [...list.matchAll(LABEL)].map(
      ([, key = '', text = '']) => [key, unescaped(text)] as const,
    );
    return [{ name, labels: Object.fromEntries(labels), value: Number(value.replace('Inf', 'Infinity')) }];
  });
}

/** The sum of the series of a name that have these labels; undefined where there is none. */
export function seriesSum(
  series: readonly Series[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const fitting = series.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
  );
  return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
}
