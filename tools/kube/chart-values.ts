import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';

/** A line of the table of a chart's values. */
export interface ValueRow {
  /** Such as `services.gateway.replicas`. */
  readonly path: string;
  /** As YAML in one line; undefined for a group of values. */
  readonly value: string | undefined;
  /** The comment in front of it. */
  readonly meaning: string;
}

/** What values.yaml has, in its order, each with the comment in front of it. */
export function valueRows(yaml: string): ValueRow[] {
  const { contents } = parseDocument(yaml);
  if (!isMap(contents)) throw new Error('values.yaml must be a map');
  return rowsOf(contents, '');
}

function rowsOf(map: YAMLMap, prefix: string): ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const path = prefix + String(isScalar(pair.key) ? pair.key.value : pair.key);
    // The comment in front of a map's first entry belongs to the map in the syntax tree.
    const meaning = textOf(
      isScalar(pair.key) ? pair.key.commentBefore : undefined,
      index === 0 ? map.commentBefore : undefined,
    );
    if (isGroup(pair))
      return [...(meaning ? [{ path, value: undefined, meaning }] : []), ...rowsOf(pair.value!, `${path}.`)];
    return [{ path, value: inOneLine(pair.value), meaning }];
  });
}

/** Maps that are written in several lines are groups; those of Kubernetes' own fields and those in one line are values. */
function isGroup(pair: Pair): pair is Pair<unknown, YAMLMap> & { value: YAMLMap } {
  const isKubernetes =
    isScalar(pair.key) && /^(resources|behavior|strategy|.*[sS]ecurityContext)$/.test(String(pair.key.value));
  return isMap(pair.value) && !pair.value.flow && pair.value.items.length > 0 && !isKubernetes;
}

function textOf(...comments: (string | null | undefined)[]): string {
  // A paragraph that ends with an empty line is about the file, not the value.
  const own = comments
    .filter((comment) => comment != null)
    .map((comment) => comment.split(/\n\s*\n/).at(-1)!);
  return own
    .join(' ')
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

function inOneLine(node: unknown): string {
  const value: unknown = JSON.parse(JSON.stringify(node));
  if (value === '') return "''";
  if (typeof value === 'string') return value;
  return asFlow(value);
}

function asFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asFlow).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([name, entry]) => `${name}: ${asFlow(entry)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' && (value === '' || /[:{}[\],#*]/.test(value))
    ? `'${value}'`
    : String(value);
}

/** The rows as a Markdown table. */
export function valueTable(rows: readonly ValueRow[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = rows.map(({ path, value, meaning }) =>
    value === undefined
      ? `| **\`${path}\`** | | ${cell(meaning)} |`
      : `| \`${path}\` | \`${cell(value)}\` | ${cell(meaning)} |`,
  );
  return ['| value | default | what |', '| --- | --- | --- |', ...lines].join('\n');
}
