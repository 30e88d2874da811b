import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const DOCUMENTS = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('docs/decisions/') && existsSync(file));

/** Folders of the repository that a path in a document may begin with. */
const TOP =
  /^(apps|libs|test|tools|docs|proto|charts|helm|gpu-images|\.ci|\.github|\.vscode|\.devcontainer)\//;
const SOURCE_FILE = /^[\w.*@-]+(\/[\w.*@-]+)+\.(ts|js|cjs|json|md|sh|proto|ya?ml|py)$/;
/** Made by the build or at run time. */
const MADE = /(^|\/)(dist|generated|results|\.cache|node_modules)(\/|$)|\.\.\.|…/;

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const makeTargets = new Set(
  [...readFileSync('Makefile', 'utf8').matchAll(/^(\w+):/gm)].map(([, name]) => name),
);

/** `## Run one test` → `run-one-test`, as hosts of repositories name a heading. */
function anchors(text: string): Set<string> {
  const headings = text.matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Paths in code spans and in shell blocks: from the repository's root, from the document's folder, or from its sources. */
function namedPaths(text: string): string[] {
  const spans = [...text.replace(/```.*?```/gs, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const commands = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block.split(/[\s"'=]+/),
  );
  return [
    ...spans.filter((span) => TOP.test(span) || SOURCE_FILE.test(span)),
    ...commands.filter((word) => TOP.test(word)),
  ].filter((path) => /^[\w.*@/-]+$/.test(path) && !MADE.test(path));
}

function isThere(path: string, folder: string): boolean {
  return [path, join(folder, path), join(folder, 'src', path)].some(
    (candidate) =>
      // A test may be named by the beginning of its path, as jest takes it.
      existsSync(candidate) ||
      globSync(`${candidate}*`).some((found) => candidate.includes('*') || found.endsWith('.spec.ts')),
  );
}

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(document, 'utf8');
  const folder = dirname(document);

  it('links only to files and headings that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      if (/^(https?|mailto):/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(folder, path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchors(readFileSync(file, 'utf8')).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only paths that exist', () => {
    expect(namedPaths(text).filter((path) => !isThere(path, folder))).toEqual([]);
  });

  it('names only commands that exist', () => {
    const npm = [...text.matchAll(/npm run (?:--silent |-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
    const make = [...text.matchAll(/`make ([a-z]+)/g)].map(([, name = '']) => name);
    // `bench:NAME` stands for several.
    expect(npm.filter((name) => !/[A-Z]/.test(name) && scripts[name] === undefined)).toEqual([]);
    expect(make.filter((name) => !makeTargets.has(name))).toEqual([]);
  });
});

describe('the configuration', () => {
  const schemas = globSync(['apps/*/src/**/*.config.ts', 'libs/config/src/environment.ts']);
  const documents = ['docs/configuration.md', 'docs/operator.md', 'docs/language-models.md']
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

  it('is told of whole: every variable that a service reads stands in a document', () => {
    const names = schemas.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^\s+([A-Z][A-Z0-9]*_[A-Z0-9_]+):/gm)].map(
        ([, name = '']) => name,
      ),
    );
    expect(names.length).toBeGreaterThan(200);
    // It is refused, and its message says what to use instead.
    const refused = 'PARLANCE_MODEL_SOURCE';
    const untold = new Set(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(documents)));
    expect([...untold].filter((name) => name !== refused)).toEqual([]);
  });
});

describe('the documents of a package', () => {
  it('include a README for every package', () => {
    const packages = globSync('{apps,libs}/*/package.json').map((file) => dirname(file));
    expect(packages.filter((folder) => !existsSync(join(folder, 'README.md')))).toEqual([]);
  });

  it('answer twelve questions of a new reader in CONTRIBUTING, each by a link', () => {
    const [, answers = ''] = readFileSync('CONTRIBUTING.md', 'utf8').split('## Answers');
    const questions = answers
      .split('\n## ')[0]!
      .split(/^\d+\. /m)
      .slice(1);
    expect(questions.length).toBeGreaterThanOrEqual(12);
    expect(questions.filter((question) => !/\?.*\]\(/s.test(question))).toEqual([]);
  });
});
