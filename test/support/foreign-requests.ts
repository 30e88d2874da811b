import { readFileSync } from 'node:fs';
import type { OpenApiDocument } from './openapi.js';
import type { Gateway } from './platform.js';
import { referencesOf, sampleOf, withField, type FieldPath } from './references.js';
import type { MadeThings } from './made-things.js';
import { READ_SPEECH, speechFile } from './speech-samples.js';
import { BODIES, FIELDS, PATHS, QUERIES, THINGS, type Meaning, type ThingName } from './tenant-things.js';

/** Whose thing a request names: one that was made, or one that never was. */
export type Whose = 'made' | 'nobodys';

/** Somebody who is not to know of the things. `sees`: what belongs to the tenant is the caller's as well. */
export interface Stranger {
  readonly name: string;
  readonly token: string;
  readonly isOwner: boolean;
  readonly sees: 'nothing' | "the tenant's";
}

/** What a request came to, without what is different each time. */
export interface ForeignAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly text: string;
}

const USER_HEADER = 'x-parlance-user';
const PARAMETER = /\{(\w+)\}/g;
/** What an operation is asked beside its path. */
interface Extra {
  /** The thing in the path, where it is one of the stranger's own. */
  readonly own?: string;
  readonly query?: { readonly name: string; readonly meaning: Meaning };
  readonly field?: { readonly path: FieldPath; readonly meaning: Meaning };
}

/** Requests of every operation of the OpenAPI document in which the things of a tenant are named. */
export class ForeignRequests {
  /** Operations of callers with a key or token. */
  readonly operations: readonly string[];

  constructor(
    private readonly gateway: Gateway,
    private readonly document: OpenApiDocument,
    private readonly things: MadeThings,
  ) {
    this.operations = document.operations.filter((operation) => document.needsKey(operation)).sort();
  }

  /** What the table has no line for, by name. */
  get gaps(): string[] {
    const of = (operation: string, names: readonly string[], find: (name: string) => Meaning | undefined) =>
      names
        .filter((name) => find(name) === undefined)
        .map((name) => `no thing is made for the parameter ${name} of ${operation}`);
    return this.operations.flatMap((operation) => [
      ...of(operation, prefixesOf(operation), (prefix) => pathMeaning(operation, prefix)),
      ...of(operation, this.document.queryOf(operation), (name) => queryMeaning(operation, name)),
      ...of(
        operation,
        this.fieldsOf(operation).map((path) => path.join('.')),
        (path) => fieldMeaning(operation, path.split('.')),
      ),
    ]);
  }

  /** The thing that an operation names in its path; undefined where it names none. */
  thingOf(operation: string): Meaning | undefined {
    return prefixesOf(operation)
      .map((prefix) => pathMeaning(operation, prefix))
      .find((meaning) => meaning !== undefined && !isFixed(meaning));
  }

  /** Every way to name a thing other than in the path. */
  extrasOf(operation: string): Extra[] {
    const queries = this.document.queryOf(operation).flatMap((name): Extra[] => {
      const meaning = queryMeaning(operation, name);
      return meaning === undefined ? [] : [{ query: { name, meaning } }];
    });
    const fields = this.fieldsOf(operation).flatMap((path): Extra[] => {
      const meaning = fieldMeaning(operation, path);
      return meaning === undefined || isFixed(meaning) ? [] : [{ field: { path, meaning } }];
    });
    return [...queries, ...fields];
  }

  /** @param extra  named beside the path */
  async send(operation: string, token: string, whose: Whose, extra: Extra = {}): Promise<ForeignAnswer> {
    const [method = '', template = ''] = operation.split(' ');
    const path = template.replace(PARAMETER, (parameter, _name, at: number) => {
      const meaning = pathMeaning(operation, template.slice(0, at + parameter.length))!;
      return encodeURIComponent((!isFixed(meaning) && extra.own) || this.valueOf(meaning, whose));
    });
    const { query } = extra;
    const search = query
      ? `?${new URLSearchParams({ [query.name]: this.valueOf(query.meaning, whose) })}`
      : '';
    const { body, headers } = this.bodyOf(operation, whose, extra);
    const named = query?.meaning ?? extra.field?.meaning ?? this.thingOf(operation);
    const ask = async (user: Readonly<Record<string, string>>): Promise<ForeignAnswer> => {
      const answer = await fetch(`${this.gateway.url}${path}${search}`, {
        method,
        headers: { ...headers, ...user, authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
      return answerOf(answer, await textOf(answer), named && this.valueOf(named, whose));
    };
    const answer = await ask({});
    // A key that a learner is to be named by asks for one of its own.
    return answer.message?.includes(USER_HEADER) ? ask({ [USER_HEADER]: 'a-learner-of-the-key' }) : answer;
  }

  /** A new session of a stranger's. */
  async ownSession({ token }: Stranger): Promise<string> {
    const answer = await fetch(`${this.gateway.url}/api/v1/voice/session/init`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await answer.json()) as { readonly sessionId: string }).sessionId;
  }

  /** Texts in an answer of things that are not its caller's, and that the request did not have itself. */
  leaks({ text }: ForeignAnswer, sees: Stranger['sees'], meaning?: Meaning): string[] {
    const { learner, tenant, owner } = this.things.marks;
    const sent = meaning === undefined ? undefined : this.valueOf(meaning, 'made');
    const marks = [...learner, ...owner, ...(sees === 'nothing' ? tenant : [])];
    return marks.filter((mark) => mark !== sent && text.includes(mark));
  }

  private valueOf(meaning: Meaning, whose: Whose): string {
    if (isFixed(meaning)) return meaning.fixed;
    if (meaning === 'a name') return whose === 'made' ? this.things.ids.account : 'nobody-at-all';
    return whose === 'made' ? this.things.ids[meaning] : THINGS[meaning].nobodys;
  }

  private fieldsOf(operation: string): FieldPath[] {
    const body = this.document.bodyOf(operation);
    return body ? referencesOf(body.schema) : [];
  }

  private bodyOf(operation: string, whose: Whose, { field }: Extra) {
    const documented = this.document.bodyOf(operation);
    if (!documented) return { headers: {} };
    const { contentType, schema } = documented;
    const sample = BODIES[operation] ?? sampleOf(schema);
    const value = field ? withField(sample, field.path, this.valueOf(field.meaning, whose)) : sample;
    if (contentType === 'application/json')
      return { headers: { 'content-type': contentType }, body: JSON.stringify(value) };
    const form = new FormData();
    for (const [name, { format }] of Object.entries(schema.properties ?? {})) {
      const given = (value as Readonly<Record<string, unknown>>)[name];
      if (format === 'binary') form.set(name, RECORDING, 'recording.opus');
      else if (given !== undefined) form.set(name, String(given));
    }
    return { headers: {}, body: form };
  }
}

const RECORDING = new Blob([readFileSync(speechFile(READ_SPEECH.letter))]);

/** The path of an operation up to each of its parameters. */
function prefixesOf(operation: string): string[] {
  const [, path = ''] = operation.split(' ');
  return [...path.matchAll(PARAMETER)].map((match) => path.slice(0, match.index + match[0].length));
}

function pathMeaning(operation: string, prefix: string): Meaning | undefined {
  return PATHS[operation] ?? PATHS[prefix];
}

function queryMeaning(operation: string, name: string): Meaning | undefined {
  return QUERIES[`${operation}?${name}`] ?? QUERIES[name];
}

/** @param operation  of HTTP, a message of a socket, or a method of gRPC */
export function fieldMeaning(operation: string, path: FieldPath): Meaning | undefined {
  return FIELDS[`${operation} ${path.join('.')}`] ?? FIELDS[path.at(-1) ?? ''];
}

export function isFixed(meaning: Meaning): meaning is { readonly fixed: string } {
  return typeof meaning === 'object';
}

/** Whether a thing is kept from a stranger. */
export function isHidden(thing: ThingName, { sees }: Stranger): boolean {
  return sees === 'nothing' || THINGS[thing].of !== 'tenant';
}

/** The body of an answer; of events that never end, the first. */
async function textOf(answer: Response): Promise<string> {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
  const reader = answer.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value as Uint8Array | undefined);
}

/** A message in which it does not matter what the request named. */
export function withoutName(message: string | undefined, named: string | undefined): string | undefined {
  return named === undefined ? message : message?.replaceAll(named, '…');
}

/** @param named  what the request named, which the message may say again */
function answerOf({ status, headers }: Response, text: string, named?: string): ForeignAnswer {
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  const { error } = (isJson ? JSON.parse(text) : {}) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  return { status, code: error?.code, message: withoutName(error?.message, named), text };
}
