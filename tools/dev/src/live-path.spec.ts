import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DOCUMENT = 'docs/live-utterance.md';

/** One step of a list: a file, and the name that carries the path over to it where it does not come by an import. */
interface Step {
  readonly file: string;
  /** Of a message, subject or call, from the marker before the step: "over NATS: `name`". */
  readonly crossing: string | undefined;
}

/** The numbered list under a heading: `N. \`FILE\`: …`, and between two steps where the process changes `- over X: \`NAME\``. */
function stepsUnder(heading: string): Step[] {
  const section = readFileSync(DOCUMENT, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const steps: Step[] = [];
  let crossing: string | undefined;
  for (const line of section.split('\n')) {
    crossing = /^ +- (?:over|to|in) [^:]+: `([^`]+)`$/.exec(line)?.[1] ?? crossing;
    const [, number, file] = /^(\d+)\. `([^`]+)`: /.exec(line) ?? [];
    if (file === undefined) continue;
    expect(Number(number)).toBe(steps.length + 1);
    steps.push({ file, crossing });
    crossing = undefined;
  }
  return steps;
}

/** Names that a statement lists in braces; undefined for `*`. */
function namesIn(clause: string): string[] | undefined {
  if (!clause.includes('{')) return undefined;
  return clause
    .replace(/^[^{]*\{|\}[^}]*$/g, '')
    .split(',')
    .map((name) =>
      name
        .replace(/\btype\b/, '')
        .split(' as ')[0]!
        .trim(),
    );
}

const STATEMENT = /^(?:import|export) ([^'";]*?) ?from '([^']+)';/gm;

/** What a file imports: other files, also those that a package's index takes the imported names from. */
function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(STATEMENT)].flatMap(([, clause = '', from = '']) => {
    if (from.startsWith('.')) return [join(dirname(file), from.replace(/\.js$/, '.ts'))];
    const [, name, entry = 'index'] = /^@parlance\/([^/]+)(?:\/(.+))?$/.exec(from) ?? [];
    return name === undefined ? [] : sourcesOf(`libs/${name}/src/${entry}.ts`, namesIn(clause));
  });
}

/** The files that an index re-exports some of these names from. */
function sourcesOf(index: string, names: readonly string[] | undefined): string[] {
  if (!existsSync(index)) return [];
  return [...readFileSync(index, 'utf8').matchAll(STATEMENT)].flatMap(([, clause = '', from = '']) => {
    const exported = namesIn(clause);
    const isUsed = !names || !exported || exported.some((name) => names.includes(name));
    return isUsed && from.startsWith('.') ? [join(dirname(index), from.replace(/\.js$/, '.ts'))] : [];
  });
}

describe.each([
  ['From the WebSocket frame to the final', 25],
  ["From the final to the reply's audio", 10],
])('the path of a live utterance: %s', (heading, most) => {
  const steps = stepsUnder(heading);

  it(`names at most ${most} files, all of which exist`, () => {
    expect(steps.length).toBeGreaterThan(most / 2);
    expect(steps.length).toBeLessThanOrEqual(most);
    expect(steps.filter(({ file }) => !existsSync(file))).toEqual([]);
    expect(new Set(steps.map(({ file }) => file)).size).toBe(steps.length);
  });

  it('goes from file to file by imports, and to another process by a name that both sides use', () => {
    const broken = steps.slice(1).filter(({ file, crossing }, i) => {
      const earlier = steps.slice(0, i + 1).map((step) => step.file);
      if (crossing === undefined) return !earlier.some((one) => importsOf(one).includes(file));
      const uses = (one: string): boolean => readFileSync(one, 'utf8').includes(crossing);
      return !uses(file) || !earlier.some(uses);
    });
    expect(broken).toEqual([]);
  });
});
