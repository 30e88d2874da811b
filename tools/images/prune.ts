/** `node tools/images/prune.ts SERVICE`: leaves of an installed and compiled tree what the service's image holds (base.Dockerfile). */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { imageClosure } from '../dev/structure/image-sizes.ts';
import { isNeeded } from './needed.ts';

const [service = ''] = process.argv.slice(2);
const root = process.cwd();
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Parameters<typeof imageClosure>[0];
};
const held = imageClosure(packages, `apps/${service}`, root);

for (const parent of ['apps', 'libs'])
  for (const name of readdirSync(join(root, parent))) {
    const folder = join(parent, name);
    rmSync(held.has(folder) ? join(folder, 'src') : folder, { recursive: true, force: true });
  }
// Links to packages that have just gone.
const links = join(root, 'node_modules/@parlance');
for (const name of readdirSync(links))
  if (!statSync(join(links, name), { throwIfNoEntry: false })) rmSync(join(links, name));
for (const folder of ['node_modules', 'apps', 'libs']) prune(join(root, folder));

function prune(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (!isNeeded(path)) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) prune(path);
  }
}
