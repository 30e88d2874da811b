import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CATALOGUE_SCHEMAS, type CatalogueKind, type CatalogueValues } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { CatalogueSeed } from './catalogue.repository.js';

/** The file of each kind. */
const FILES: Readonly<Record<CatalogueKind, string>> = {
  teaching_mode: 'teaching-modes.json',
  language: 'languages.json',
  scenario: 'scenarios.json',
};

/** The platform's entries of one kind. */
export interface SeedFile<Kind extends CatalogueKind> {
  /** Counted up with each change of the file. */
  readonly revision: number;
  readonly seeds: readonly CatalogueSeed<Kind>[];
}
export type SeedFiles = { readonly [Kind in CatalogueKind]: SeedFile<Kind> };

/** Where the files are installed: beside `src` and `dist`. */
const INSTALLED = fileURLToPath(new URL('../../seeds', import.meta.url));

/**
 * Reads and checks all files, before anything of them is used.
 * @throws AppError catalogue.invalid_seed naming the file, the entry and the field at fault
 */
export async function readSeedFiles(folder = INSTALLED): Promise<SeedFiles> {
  const files = {
    teaching_mode: await readSeedFile(folder, 'teaching_mode'),
    language: await readSeedFile(folder, 'language'),
    scenario: await readSeedFile(folder, 'scenario'),
  };
  const modes = new Set(files.teaching_mode.seeds.map(({ value }) => value.code));
  const languages = new Set(files.language.seeds.map(({ value }) => value.code));
  for (const { value } of files.scenario.seeds) {
    if (!modes.has(value.mode)) throw fault('scenario', `${value.code}: mode: there is no ${value.mode}`);
    const unknown = value.languages.find((code) => !languages.has(code));
    if (unknown !== undefined) throw fault('scenario', `${value.code}: languages: there is no ${unknown}`);
  }
  return files;
}

async function readSeedFile<Kind extends CatalogueKind>(folder: string, kind: Kind): Promise<SeedFile<Kind>> {
  const content = parse(kind, await readFile(join(folder, FILES[kind]), 'utf8'));
  const schema = z.strictObject({
    revision: z.number().int().min(1),
    entries: z.array(CATALOGUE_SCHEMAS[kind]).min(1),
  });
  const checked = schema.safeParse(content);
  if (!checked.success) throw fault(kind, faultsOf(checked.error, content), checked.error);
  const entries = checked.data.entries as CatalogueValues[Kind][];
  const codes = entries.map(({ code }) => code);
  const twice = codes.find((code, index) => codes.indexOf(code) !== index);
  if (twice !== undefined) throw fault(kind, `${twice}: stands twice`);
  const seeds = entries.map((value) => ({ value, digest: digestOf(value) }));
  return { revision: checked.data.revision, seeds };
}

function parse(kind: CatalogueKind, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fault(kind, `is no JSON (${(cause as Error).message})`, cause);
  }
}

/** Each fault with the code of its entry. */
function faultsOf({ issues }: z.ZodError, content: unknown): string {
  return issues
    .map(({ path: [first, index, ...rest], message }) => {
      if (first !== 'entries' || typeof index !== 'number') return `${String(first ?? 'file')}: ${message}`;
      const { code } = (content as { entries: { code?: unknown }[] }).entries[index] ?? {};
      return `${typeof code === 'string' ? code : `entry ${index}`}: ${rest.join('.')}: ${message}`;
    })
    .join('; ');
}

/** Schemas keep the order of fields, so that equal entries have equal text. */
function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function fault(kind: CatalogueKind, text: string, cause?: unknown): AppError {
  return new AppError('catalogue.invalid_seed', `${FILES[kind]}: ${text}`, { cause });
}
