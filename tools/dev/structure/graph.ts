import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instance } from '@viz-js/viz';
import { packageArrows, type ImportGraph } from './imports.ts';
import { essentialArrows } from './layers.ts';
import { layers, ROOT, workspacePackages } from './workspace.ts';

const DOT_FILE = 'docs/structure.dot';
const SVG_FILE = 'docs/structure.svg';

/** The packages and their imports in Graphviz' language: a row for each layer, apps at the top. Arrows that others imply are named
 *  and not drawn. */
export function structureDot(graph: ImportGraph): string {
  const packages = workspacePackages();
  const arrows = packageArrows(graph);
  const essential = essentialArrows(arrows);
  const isThere = (name: string): boolean => packages.some((one) => one.name === name);
  const rows = layers()
    .map((layer) => layer.filter(isThere))
    .filter((layer) => layer.length > 0);
  const quoted = (name: string): string => `"${name}"`;
  return [
    '// Written by `npm run graph` from the imports that dependency-cruiser finds; not by hand.',
    'digraph structure {',
    '  graph [rankdir=TB, ranksep=0.7, nodesep=0.35, fontname="Helvetica", fontsize=11, labelloc=b];',
    '  graph [label="a → b: a imports b. Not drawn: imports that follow from the arrows, as a → c from a → b → c."];',
    '  node [shape=box, style="rounded,filled", fillcolor="#eef3fb", color="#4a6fa5", fontname="Helvetica", fontsize=12];',
    '  edge [color="#4a6fa5", arrowsize=0.7];',
    ...rows.map((row) => `  { rank=same; ${row.map(quoted).join('; ')}; }`),
    // Invisible arrows keep the rows in their order.
    ...rows
      .slice(1)
      .map((row, above) => `  ${quoted(rows[above]![0]!)} -> ${quoted(row[0]!)} [style=invis, weight=10];`),
    ...[...arrows].flatMap(([from, targets]) =>
      [...targets].map((to) => {
        const isImplied = !essential.get(from)?.includes(to);
        return `  ${isImplied ? '// implied: ' : ''}${quoted(from)} -> ${quoted(to)};`;
      }),
    ),
    '}',
    '',
  ].join('\n');
}

/** Draws the graph to docs/structure.svg, and keeps its text beside it. */
export async function writeGraph(dot: string): Promise<void> {
  const svg = (await instance()).renderString(dot, { format: 'svg' });
  writeFileSync(join(ROOT, DOT_FILE), dot);
  writeFileSync(join(ROOT, SVG_FILE), `${svg.trimEnd()}\n${mark(dot)}\n`);
}

/** What is wrong with the committed drawing: nothing, or that it is not of these imports. */
export function staleGraph(dot: string): string | undefined {
  const read = (file: string): string => {
    try {
      return readFileSync(join(ROOT, file), 'utf8');
    } catch {
      return '';
    }
  };
  const isFresh = read(DOT_FILE) === dot && read(SVG_FILE).trimEnd().endsWith(mark(dot));
  return isFresh ? undefined : `${SVG_FILE} does not show the imports of now: npm run graph`;
}

/** The drawing says which text it was made of, since two versions of Graphviz may place a box differently. */
function mark(dot: string): string {
  return `<!-- docs/structure.dot sha256:${createHash('sha256').update(dot).digest('hex')} -->`;
}
