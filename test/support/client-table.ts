import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/** What clients do, in the order of the table's columns. */
export const CLIENT_FEATURES = [
  'recordings',
  'by address',
  'streamed text',
  'translation',
  'live',
  'speech',
  'live speech',
  'conversation',
  'models',
  'tensors',
  'metrics',
  'errors',
] as const;
export type ClientFeature = (typeof CLIENT_FEATURES)[number];

/** A client that people already have. */
export interface TestedClient {
  /** As its registry names it. */
  readonly name: string;
  readonly registry: 'npm' | 'pip';
  readonly version: string;
  /** The page of docs/integrations that is about it. */
  readonly page: string;
  /** The suite of test/e2e that runs it. */
  readonly suite: string;
}

/** The version of an npm package (or alias) that is installed here. */
export function installedVersion(name: string): string {
  const manifest = readFileSync(`node_modules/${name}/package.json`, 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** What a cell of the table says. */
export type ClientCells = ReadonlyMap<ClientFeature, string>;

const TABLE = 'docs/integrations/README.md';
const BEGIN = '<!-- clients: made by npm run clients:table -->';
const END = '<!-- end of clients -->';
const HEAD = ['client', 'version', ...CLIENT_FEATURES, 'test'];

/** The row of a client, as it should stand in the table. */
export function clientRow(client: TestedClient, cells: ClientCells): string[] {
  const { name, registry, version, page, suite } = client;
  return [
    `[\`${name}\`](${page}) (${registry})`,
    version,
    ...CLIENT_FEATURES.map((feature) => cells.get(feature) ?? '–'),
    `[${suite}](../../test/e2e/${suite}.spec.ts)`,
  ];
}

/** The row that the document has for a client in a suite; undefined where it has none. */
export function committedRow(row: readonly string[]): string[] | undefined {
  return committedRows().find((one) => [0, 1, -1].every((column) => one.at(column) === row.at(column)));
}

/** Puts rows in place of all that the document has of their suite. */
export async function writeRows(rows: readonly (readonly string[])[]): Promise<void> {
  const suites = new Set(rows.map((row) => row.at(-1)));
  const others = committedRows().filter((row) => !suites.has(row.at(-1)));
  const all = [...others, ...rows].sort(([a = '', x = ''], [b = '', y = '']) =>
    `${a} ${x}`.localeCompare(`${b} ${y}`, 'en', { numeric: true }),
  );
  const lines = [HEAD, HEAD.map(() => '---'), ...all].map((row) => `| ${row.join(' | ')} |`);
  const { before, behind } = document();
  const text = `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${behind}`;
  const options = await resolveConfig(TABLE);
  writeFileSync(TABLE, await format(text, { ...options, filepath: TABLE }));
}

function committedRows(): string[][] {
  const lines = document().table.split('\n');
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function document(): { readonly before: string; readonly table: string; readonly behind: string } {
  const text = existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '';
  const [before = '', rest = ''] = text.split(BEGIN);
  const [table = '', behind = ''] = rest.split(END);
  return { before, table, behind };
}
