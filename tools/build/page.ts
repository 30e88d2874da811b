/** `npm run build:page`: apps/studio to its `dist`, by Vite. Does nothing where no file that the page is made of has changed since. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { withBuildLock } from './build-lock.ts';
import { filesBelow, installFiles } from './installed-files.ts';

const root = join(import.meta.dirname, '../..');
const studio = join(root, 'apps/studio');
const dist = join(studio, 'dist');
const stamp = join(root, 'dist/.page');

/** Changes with every file that the page is made of, and with the versions of packages. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = [
    ...filesBelow(join(studio, 'src')),
    ...['index.html', 'vite.config.ts', 'package.json'].map((name) => join(studio, name)),
    join(root, 'package-lock.json'),
    import.meta.filename,
  ];
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

async function build(): Promise<void> {
  const wanted = fingerprint();
  if (existsSync(join(dist, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return;
  // Vite is loaded only where there is something to do.
  const vite = await import('vite');
  const made = mkdtempSync(join(tmpdir(), 'parlance-page-'));
  try {
    await vite.build({
      root: studio,
      configFile: join(studio, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: made, emptyOutDir: true },
    });
    const contents = filesBelow(made).map((file): [string, string] => [
      relative(made, file),
      readFileSync(file, 'utf8'),
    ]);
    installFiles(dist, new Map(contents), () => true);
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(made, { recursive: true });
  }
}

await withBuildLock(root, build);
