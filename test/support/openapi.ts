import { z } from 'zod';

interface Media {
  readonly schema?: object;
}
interface DocumentedAnswer {
  readonly content?: Readonly<Record<string, Media>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
  readonly security?: readonly object[];
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

  /** What of an answer is not as documented; empty where all is. A status that is not named counts as a fault.
   *  @param body  as it came */
  misfits(operation: string, { status, headers }: Response, body: string): string[] {
    const { responses } = this.find(operation);
    const documented = responses[status] ?? (status >= 400 ? responses.default : undefined);
    if (!documented) return [`${operation}: ${status} is not documented`];
    if (!documented.content) return body === '' ? [] : [`${operation}: ${status} has a body`];
    const type = headers.get('content-type')?.split(';')[0] ?? 'none';
    const media = documented.content[type] ?? documented.content[type.replace(/\/.*/, '/*')];
    if (!media) return [`${operation}: ${status} with ${type} is not documented`];
    if (type !== 'application/json' || !media.schema) return [];
    const parsed = fromSchema(media.schema).safeParse(JSON.parse(body));
    return parsed.success ? [] : [`${operation}: ${status} ${z.prettifyError(parsed.error)}`];
  }

  private find(operation: string): Operation {
    const [method = '', path = ''] = operation.split(' ');
    const found = this.paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`${operation} is not documented`);
    return found;
  }
}

function fromSchema(schema: object): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'openapi-3.0' });
}
