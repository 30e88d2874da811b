import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { CATALOGUE } from './catalogue.data.js';
import { entrySchema, type ModelEntry } from './catalogue.schema.js';

/** What a platform needs before it can recognize and speak: the default recogniser, voice activity detection and a voice. */
export const ESSENTIAL_MODELS: readonly string[] = ['whisper-base', 'silero-vad', 'piper-en_US-joe-medium'];

const entries: readonly ModelEntry[] = z.array(entrySchema).parse(CATALOGUE);

/** @returns every published model that the platform knows with its files and their sources */
export function catalogue(): readonly ModelEntry[] {
  return entries;
}

/** What a name stands for: an entry of the catalogue, repositories of the model hub, or both. */
export interface ModelReference {
  /** The model's name on this machine; also its folder's. */
  readonly name: string;
  readonly entry: ModelEntry | undefined;
  /** Repositories of the hub whose files are checked by the digests that the hub announces, in order. */
  readonly repositories: readonly string[];
}

/** @param name  of the catalogue, `whisper-SIZE` (OpenAI's), or `OWNER/NAME` of the model hub
 *  @param known  the catalogue to look in
 *  @throws AppError model.not_found for other names */
export function findModel(name: string, known: readonly ModelEntry[] = entries): ModelReference {
  const entry = known.find((each) => each.name === name);
  if (entry) return { name, entry, repositories: entry.alternatives };
  if (isPlainName(name) && name.startsWith('whisper-'))
    return { name, entry, repositories: [`openai/${name}`] };
  const [owner, model, ...rest] = name.split('/');
  if (owner && model && rest.length === 0 && isPlainName(owner) && isPlainName(model)) {
    if (owner === 'openai' && model.startsWith('whisper-')) return findModel(model, known);
    // Another owner's repository does not take the name of a model of the catalogue.
    const isTaken = known.some((each) => each.name === model);
    return { name: isTaken ? `${owner}-${model}` : model, entry, repositories: [name] };
  }
  throw new AppError(
    'model.not_found',
    `'${name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)}' is no model name: use ${known.map((each) => each.name).join(', ')}, whisper-SIZE or OWNER/NAME.`,
  );
}

/** @returns whether a text can be the name of a folder: no separator, no step upwards */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(name) && !name.includes('..');
}

/** Owners of repositories whose folders may be called `OWNER-NAME`. */
export const OWNERS: readonly string[] = [
  ...new Set(
    entries
      .flatMap(({ sources, alternatives }) => [
        ...alternatives,
        ...sources.flatMap((source) => (source.kind === 'hub' ? [source.repository] : [])),
      ])
      .map((repository) => repository.slice(0, repository.indexOf('/'))),
  ),
];
