import { z } from 'zod';
import type { JsonSchema } from './references.js';

const EVENTS = 'text/event-stream';

interface Media {
  readonly schema?: JsonSchema;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
}
interface DocumentedAnswer {
  readonly content?: Readonly<Record<string, Media>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
}

/** What an operation takes as its body. */
export interface DocumentedBody {
  readonly contentType: string;
  readonly schema: JsonSchema;
}

/** The OpenAPI document of a running gateway, to compare its answers with. */
export class OpenApiDocument {
  private constructor(
    private readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>,
  ) {}

  /** @param opsUrl  of the gateway's operations port */
  static async load(opsUrl: string): Promise<OpenApiDocument> {
    const answer = await fetch(`${opsUrl}/api/docs-json`);
    const { paths } = (await answer.json()) as { paths: OpenApiDocument['paths'] };
    return new OpenApiDocument(paths);
  }

  /** Every operation, as `GET /path/{parameter}`. */
  get operations(): string[] {
    return Object.entries(this.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  needsKey(operation: string): boolean {
    return (this.find(operation).security ?? []).length > 0;
  }

  /** Names of the parameters of the query. */
  queryOf(operation: string): string[] {
    const { parameters = [] } = this.find(operation);
    return parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  }

  /** Undefined where it takes none. */
  bodyOf(operation: string): DocumentedBody | undefined {
    const [contentType, media] = Object.entries(this.find(operation).requestBody?.content ?? {})[0] ?? [];
    return contentType ? { contentType, schema: media?.schema ?? {} } : undefined;
  }

  /** What of an answer is not as documented; empty where all is. A status that is not named counts as a fault.
   *  @param body  as it came */
  misfits(operation: string, { status, headers }: Response, body: string): string[] {
    const { responses } = this.find(operation);
    const documented = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
    if (!documented) return [`${operation}: ${status} is not documented`];
    if (!documented.content) return body === '' ? [] : [`${operation}: ${status} has a body`];
    const type = headers.get('content-type')?.split(';')[0] ?? 'none';
    const media = documented.content[type] ?? documented.content[type.replace(/\/.*/, '/*')];
    if (!media) return [`${operation}: ${status} with ${type} is not documented`];
    const { schema } = media;
    if (!schema) return [];
    const values = type === 'application/json' ? [body] : type === EVENTS ? dataOf(body, schema) : [];
    return values.flatMap((value) => {
      const parsed = fromSchema(schema).safeParse(JSON.parse(value));
      return parsed.success ? [] : [`${operation}: ${status} ${z.prettifyError(parsed.error)}`];
    });
  }

  private find(operation: string): Operation {
    const [method = '', path = ''] = operation.split(' ');
    const found = this.paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`${operation} is not documented`);
    return found;
  }
}

/** The data of whole server-sent events; none where the document says no more than that they are text.
 *  @throws Error where there is no event */
function dataOf(body: string, { type }: JsonSchema): string[] {
  if (type === 'string') return [];
  const events = body.split('\n\n').slice(0, -1);
  if (events.length === 0) throw new Error(`no whole event: ${body}`);
  return events.map((event) => {
    const lines = event.split('\n').filter((line) => line.startsWith('data:'));
    return lines.map((line) => line.slice('data:'.length)).join('\n');
  });
}

function fromSchema(schema: object): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'openapi-3.0' });
}
