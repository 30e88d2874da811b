import { z } from 'zod';
import { IDENTITY_ATTRIBUTES } from '@parlance/contracts';
import { AppError } from '@parlance/errors';

const value = z.union([z.string(), z.number(), z.boolean()]).catch('');
const tags = z.array(z.object({ key: z.string(), value })).default([]);
const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(
    z.object({
      spanID: z.string(),
      operationName: z.string(),
      references: z
        .array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() }))
        .nullish(),
      startTime: z.number(),
      duration: z.number(),
      tags,
      logs: z.array(z.object({ timestamp: z.number(), fields: tags })).nullish(),
      processID: z.string(),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
});
const tracesSchema = z.object({ data: z.array(traceSchema).nullish() });
const servicesSchema = z.object({ data: z.array(z.string()).nullish() });

/** Attributes of a span or of one of its events. */
export type SpanTags = Readonly<Record<string, string | number | boolean>>;

/** A span as it is read from a trace store; times in microseconds. */
export interface StoredSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  /** Spans of other traces or attempts that it belongs to as well. */
  readonly links: readonly { readonly trace: string; readonly span: string }[];
  readonly service: string;
  readonly name: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly tags: SpanTags;
  readonly events: readonly { readonly atUs: number; readonly tags: SpanTags }[];
}

const LIMIT_MS = 10_000;
const MOST_TRACES = 20;

/** Jaeger's query API, as its own pages use it. */
export class JaegerClient {
  /** @param url  without a slash at its end, such as http://127.0.0.1:16686 */
  constructor(private readonly url: string) {}

  /** All spans of every trace that has a span of the turn; empty where there is none.
   *  @param sinceMs  how far back it may have begun
   *  @throws AppError upstream.unavailable */
  async spansOfTurn(turn: string, sinceMs: number): Promise<StoredSpan[]> {
    const { data: services } = servicesSchema.parse(await this.get('/api/services'));
    const traces = new Map<string, StoredSpan[]>();
    const tagged = JSON.stringify({ [IDENTITY_ATTRIBUTES.turn]: turn });
    const end = Date.now();
    for (const service of (services ?? []).filter((name) => name.startsWith('parlance-'))) {
      const query = new URLSearchParams({
        ...{ service, tags: tagged, limit: String(MOST_TRACES) },
        ...{ start: String((end - sinceMs) * 1_000), end: String((end + LIMIT_MS) * 1_000) },
      });
      for (const trace of readTraces(await this.get(`/api/traces?${query.toString()}`)))
        if (trace[0]) traces.set(trace[0].trace, trace);
    }
    return [...traces.values()].flat();
  }

  private async get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(
      (cause: unknown) => {
        throw new AppError(
          'upstream.unavailable',
          `Jaeger does not answer at ${this.url}. Does \`make observe\` run, and is JAEGER_URL right?`,
          { cause },
        );
      },
    );
    if (!answer.ok)
      throw new AppError('upstream.unavailable', `Jaeger answered ${path} with status ${answer.status}.`);
    return answer.json();
  }
}

/** Reads an answer of `/api/traces`: a list of traces, each a list of spans. */
export function readTraces(answer: unknown): StoredSpan[][] {
  return (tracesSchema.parse(answer).data ?? []).map(({ traceID, spans, processes }) =>
    spans.map((span) => {
      const parent = span.references?.find(({ refType }) => refType === 'CHILD_OF');
      return {
        trace: traceID,
        id: span.spanID,
        parent: parent?.spanID,
        links: (span.references ?? [])
          .filter((reference) => reference !== parent)
          .map(({ traceID: trace, spanID }) => ({ trace, span: spanID })),
        service: processes[span.processID]?.serviceName ?? '?',
        name: span.operationName,
        startUs: span.startTime,
        durationUs: span.duration,
        tags: record(span.tags),
        events: (span.logs ?? []).map(({ timestamp, fields }) => ({ atUs: timestamp, tags: record(fields) })),
      };
    }),
  );
}

function record(list: z.infer<typeof tags>): SpanTags {
  return Object.fromEntries(list.map(({ key, value: content }) => [key, content]));
}
