import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

/** The Go module that carries the Compose specification's schema; its newer versions know more of the specification. */
const MODULE = 'github.com/compose-spec/compose-go/v2@v2.16.2';

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly restart?: boolean }>>;
  readonly deploy?: { readonly replicas?: number };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, object>>;
}

/** @returns the file with its aliases and merges resolved, variables as they stand */
export function readComposeFile(path: string): ComposeFile {
  return parse(readFileSync(path, 'utf8'), { merge: true }) as ComposeFile;
}

/** What of a file is not as the Compose specification has it; empty where all is. */
export async function composeFaults(file: ComposeFile): Promise<string[]> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', MODULE]);
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  const schema = JSON.parse(readFileSync(join(folder, 'schema/compose-spec.json'), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const isValid = ajv.compile(schema);
  if (isValid(file)) return [];
  return (isValid.errors ?? []).map(
    ({ instancePath, message, params }: ErrorObject) =>
      `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}

/** `${NAME:-fallback}` and `${NAME:?message}` as compose replaces them. @throws Error for one that must be set */
export function substituted(text: string, environment: Readonly<Record<string, string>> = {}): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const value = environment[name] || (kind === '-' ? String(rest) : undefined);
    if (value === undefined) throw new Error(`${name}: ${String(rest) || 'is not set'}`);
    return value;
  });
}
