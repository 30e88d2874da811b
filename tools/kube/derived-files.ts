/**
 * Files that are made from others, because Helm reads nothing outside of a chart and kustomize nothing of Helm's:
 * `npm run charts` writes them, `npm run charts -- --check` fails where one is not up to date.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parseAllDocuments, stringify } from 'yaml';
import { valueRows, valueTable } from './chart-values.ts';

const ROOT = join(import.meta.dirname, '../..');
const VALUES_BEGIN = '<!-- values: made by npm run charts -->';
const VALUES_END = '<!-- end of values -->';
/** Without a cluster each is what the chart chooses when it is asked; a base belongs to no release of Helm. */
const HELMS_LABELS = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];

/** Each file by its path from the root, with the text that it should have. */
export async function derivedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of definitionsIn('k8s/crds'))
    files.set(`charts/parlance-crds/files/${name}`, read(`k8s/crds/${name}`));
  files.set('charts/parlance/files/alerts.yaml', read('k8s/alerts/parlance.yaml'));
  files.set('k8s/base/parlance.yaml', await formatted('k8s/base/parlance.yaml', kustomizeBase()));
  for (const chart of ['parlance', 'parlance-crds', 'parlance-models']) {
    const readme = `charts/${chart}/README.md`;
    files.set(readme, await formatted(readme, withValues(read(readme), read(`charts/${chart}/values.yaml`))));
  }
  return files;
}

/** Paths of files that differ from what they should be, and of copies whose original is gone. */
export async function staleFiles(): Promise<string[]> {
  const files = await derivedFiles();
  const stale = [...files].filter(([path, text]) => !existsSync(join(ROOT, path)) || read(path) !== text);
  const copies = definitionsIn('charts/parlance-crds/files').map(
    (name) => `charts/parlance-crds/files/${name}`,
  );
  return [...stale.map(([path]) => path), ...copies.filter((path) => !files.has(path))];
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function definitionsIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.yaml'));
}

/** The chart with its defaults, for the namespace `parlance`. */
function kustomizeBase(): string {
  const helm = join(ROOT, '.cache/bin/helm');
  const args = ['template', 'parlance', 'charts/parlance', '--namespace', 'parlance', '--no-hooks'];
  const set = ['--set', 'defaults.autoscaling.initialReplicas=false'];
  const text = execFileSync(helm, [...args, ...set], { cwd: ROOT, encoding: 'utf8' });
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as { metadata: { labels: Record<string, string> } } | null)
    .filter((object) => object !== null);
  for (const { metadata } of objects) for (const label of HELMS_LABELS) delete metadata.labels[label];
  return `# Made from charts/parlance by npm run charts.\n${objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n')}`;
}

function withValues(readme: string, values: string): string {
  const [before, rest] = readme.split(VALUES_BEGIN);
  const after = rest?.split(VALUES_END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`a README needs ${VALUES_BEGIN} and ${VALUES_END}`);
  // Aligned, the longest cell would set the width of every line.
  const table = `<!-- prettier-ignore-start -->\n\n${valueTable(valueRows(values))}\n\n<!-- prettier-ignore-end -->`;
  return `${before}${VALUES_BEGIN}\n${table}\n${VALUES_END}${after}`;
}

async function formatted(path: string, text: string): Promise<string> {
  const filepath = join(ROOT, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles();
    if (stale.length > 0) console.error(`Not up to date, run \`npm run charts\`: ${stale.join(', ')}`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const [path, text] of await derivedFiles()) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text);
    }
  }
}
