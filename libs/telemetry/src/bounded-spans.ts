import type { Context } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { counter } from './metrics.js';

/** Ended spans that are held for a collector that is slow or away, at most. */
export const MOST_SPANS_HELD = 4_096;
const BATCH = 512;
const SEND_AFTER_MS = 1_000;
/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const EXPORTED = 0;

type DropReason = 'queue_full' | 'export_failed';

const dropped = () => counter('parlance_spans_dropped_total');

/** Sends ended spans in batches. While the collector is slow or away it holds a bounded number and counts the rest as dropped;
 *  whoever ends a span never waits. */
export class BoundedSpans implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  /** Spans that are queued or being sent. */
  private held = 0;

  constructor(private readonly exporter: SpanExporter) {
    this.batches = new BatchSpanProcessor(this.accounted(exporter), {
      scheduledDelayMillis: SEND_AFTER_MS,
      maxExportBatchSize: BATCH,
      maxQueueSize: MOST_SPANS_HELD,
    });
  }

  onStart(span: Span, parent: Context): void {
    this.batches.onStart(span, parent);
  }

  /** The SDK's own queue drops without a count that can be read; so it is never let get full. */
  onEnd(span: ReadableSpan): void {
    if (!span.spanContext().traceFlags) return;
    if (this.held >= MOST_SPANS_HELD) return note('queue_full', 1);
    this.held += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  /** A collector that is away is no reason for a stop to fail. Where one batch fails the SDK waits for no other: the exporter does. */
  async shutdown(): Promise<void> {
    await this.batches.shutdown().catch(() => this.exporter.shutdown().catch(() => undefined));
  }

  private accounted(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.held -= spans.length;
          if (Number(result.code) !== EXPORTED) note('export_failed', spans.length);
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    };
  }
}

function note(reason: DropReason, spans: number): void {
  dropped().inc({ reason }, spans);
}
