import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly id: string;
  /** Of the span above it, which may be the client's own. */
  readonly parent: string | undefined;
  /** Spans that it belongs to as well. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}
interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
        readonly attributes?: readonly OtlpAttribute[];
        readonly events?: readonly {
          readonly name: string;
          readonly attributes?: readonly OtlpAttribute[];
        }[];
      }[];
    }[];
  }[];
}

/** A collector of OTLP over HTTP (JSON) that keeps the spans it is sent. */
export class SpanCollector {
  readonly spans: CollectedSpan[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<SpanCollector> {
    const server = createServer();
    const collector = new SpanCollector(server);
    server.on('request', (request, response) => {
      void request.toArray().then((parts: Buffer[]) => {
        collector.keep(JSON.parse(Buffer.concat(parts).toString()) as OtlpTraces);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Names of the services that have spans in a trace. */
  servicesOf(traceId: string): string[] {
    return [
      ...new Set(this.spans.filter((span) => span.traceId === traceId).map(({ service }) => service)),
    ].sort();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep({ resourceSpans }: OtlpTraces): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = record(resource.attributes)['service.name'] ?? '';
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        this.spans.push({
          service,
          name: span.name,
          traceId: span.traceId,
          id: span.spanId,
          parent: span.parentSpanId || undefined,
          links: span.links ?? [],
          attributes: record(span.attributes ?? []),
          events: (span.events ?? []).map((event) => ({
            name: event.name,
            attributes: record(event.attributes ?? []),
          })),
        });
    }
  }
}

function record(attributes: readonly OtlpAttribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? String(value.intValue ?? '')]),
  );
}
