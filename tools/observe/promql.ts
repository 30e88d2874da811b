/** A time series that an expression asks for, and the labels that it selects by. */
export interface AskedSeries {
  readonly name: string;
  readonly labels: readonly string[];
}

/** What an expression of PromQL asks for. */
export interface AskedOf {
  readonly series: readonly AskedSeries[];
  /** Labels that results are grouped or matched by. */
  readonly grouping: readonly string[];
}

/** Names that a metric or a recording of this platform, or of its processes, may have. */
const OURS = /^(parlance[_:]|process_|nodejs_)/;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

/** Reads an expression far enough to know its series and labels. Series of other programs are left out. */
export function askedOf(expression: string): AskedOf {
  const series: AskedSeries[] = [];
  const grouping: string[] = [];
  let rest = expression;
  while (rest !== '') {
    const [word] = NAME.exec(rest) ?? [];
    if (word === undefined) {
      // A text in quotes holds no names; the letters of a duration such as 5m belong to its digits.
      const [skipped = rest.slice(0, 1)] = /^("(?:[^"\\]|\\.)*"|'[^']*'|\d[\w.]*|\$\w+|\s+)/.exec(rest) ?? [];
      rest = rest.slice(skipped.length);
      continue;
    }
    rest = rest.slice(word.length).trimStart();
    if (GROUPING.has(word) && rest.startsWith('(')) {
      const [list = ''] = /^\([^)]*\)/.exec(rest) ?? [];
      grouping.push(...namesOf(list));
      rest = rest.slice(list.length);
    } else if (OURS.test(word)) {
      const selector = selectorOf(rest);
      series.push({ name: word, labels: labelsOf(selector) });
      rest = rest.slice(selector.length);
    }
  }
  return { series, grouping };
}

/** Series that a text names, with the labels in braces behind them: `name{label}` and `name{label="value"}` alike. */
export function namedIn(text: string): AskedSeries[] {
  return [...text.matchAll(/\bparlance_[a-z0-9_]+(?:\{[^}]*\})?/g)].map(([found]) => {
    const [name = found, selector = ''] = found.split(/(?=\{)/);
    return { name, labels: labelsOf(selector) };
  });
}

/** The braces at the beginning of a text, with what is in them; empty where there are none. */
function selectorOf(text: string): string {
  return /^\{(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^}"'])*\}/.exec(text)?.[0] ?? '';
}

function labelsOf(selector: string): string[] {
  return namesOf(selector.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, ''));
}

function namesOf(text: string): string[] {
  return text.match(/[a-zA-Z_][a-zA-Z0-9_]*/g) ?? [];
}
