/** `npm run boundaries`: fails on imports that a rule forbids and on a stale docs/structure.svg. `npm run graph` (`--draw`) draws it. */
import { structureDot, staleGraph, writeGraph } from './graph.ts';
import { readImports } from './imports.ts';

const imports = await readImports();
for (const { rule, severity, from, to } of imports.violations)
  console.error(`${severity} ${rule}: ${from} → ${to}`);
if (imports.violations.some(({ severity }) => severity === 'error')) process.exitCode = 1;

const dot = structureDot(imports);
if (process.argv.includes('--draw')) await writeGraph(dot);
const fault = staleGraph(dot);
if (fault) {
  console.error(fault);
  process.exitCode = 1;
}
