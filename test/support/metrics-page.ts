/** One line of a page of metrics. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([\w:]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** What a service counts, by its operations port. */
export async function metricsPage(opsUrl: string): Promise<string> {
  return (await fetch(`${opsUrl}/metrics`)).text();
}

/** @param series  a name, with labels as they stand in the page @returns NaN where it was never set */
export function valueOf(page: string, series: string): number {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? NaN);
}

/** All series of a name whose labels include these. */
export function samplesOf(page: string, name: string, labels: MetricSample['labels'] = {}): MetricSample[] {
  return page.split('\n').flatMap((line) => {
    const [, found, text = '', value] = LINE.exec(line) ?? [];
    if (found !== name) return [];
    const own = Object.fromEntries([...text.matchAll(LABEL)].map(([, key = '', each = '']) => [key, each]));
    const isAsked = Object.entries(labels).every(([key, each]) => own[key] === each);
    return isAsked ? [{ name, labels: own, value: Number(value) }] : [];
  });
}

export function sumOf(samples: readonly MetricSample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0);
}
