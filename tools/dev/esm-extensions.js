/** proto-loader's type generator writes extensionless imports; native ESM wants the file's name. Run on its output folder. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
for (const entry of readdirSync(folder, { recursive: true })) {
  const path = join(folder, entry);
  if (!path.endsWith('.ts')) continue;
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, source.replace(/from '(\.{1,2}\/[^']+?)(?:\.js)?';/g, "from '$1.js';"));
}
