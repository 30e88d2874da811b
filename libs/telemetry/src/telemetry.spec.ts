import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@parlance/errors';
import { MOST_SPANS_HELD } from './bounded-spans.js';
import type { Logger } from './logger.js';
import { metricsRegistry, startCounters, workFailureReporter } from './metrics.js';
import { startTelemetry, type Telemetry } from './start-telemetry.js';
import { activeTraceId, extractTrace, injectTrace, linksTo, withSpan } from './tracing.js';

interface ExportedSpan {
  name: string;
  traceId: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  status: { code?: number; message?: string };
  links: { traceId: string; attributes: unknown[] }[];
}

describe('telemetry', () => {
  const received: ExportedSpan[] = [];
  let collector: Server;
  let telemetry: Telemetry;

  beforeAll(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as {
          resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[];
        };
        received.push(
          ...body.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)),
        );
        response.end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => collector.once('listening', resolve));
    const { port } = collector.address() as AddressInfo;
    telemetry = startTelemetry({ service: 'spec', otlpEndpoint: `http://127.0.0.1:${port}` });
  });

  afterAll(() => {
    collector.close();
    trace.disable();
  });

  it('follows one trace over a carrier and exports it with identity and fault code', async () => {
    const carrier: Record<string, string> = {};
    let here: string | undefined;
    await withSpan('near', { identity: { tenant: 'acme' } }, () => {
      here = activeTraceId();
      injectTrace(carrier);
      return Promise.resolve();
    });
    const parent = extractTrace(carrier);
    const links = linksTo(parent, { 'parlance.link': 'redelivery' });
    const far = withSpan('far', { parent, links }, () =>
      Promise.reject(new AppError('audio.empty', 'Nothing to hear.', { cause: new Error('inner secret') })),
    );
    await expect(far).rejects.toMatchObject({ code: 'audio.empty' });
    await telemetry.shutdown();

    expect(received.map((span) => [span.name, span.traceId])).toEqual([
      ['near', here],
      ['far', here],
    ]);
    expect(received[0]?.attributes).toContainEqual({
      key: 'parlance.tenant.id',
      value: { stringValue: 'acme' },
    });
    expect(received[1]?.attributes).toContainEqual({
      key: 'error.type',
      value: { stringValue: 'audio.empty' },
    });
    expect(received[1]?.links).toMatchObject([{ traceId: here, attributes: [{ key: 'parlance.link' }] }]);
    expect(JSON.stringify(received)).not.toContain('inner secret');
  });
});

describe('a collector that accepts and never answers', () => {
  it('costs a bounded number of held spans; the others are counted as dropped, and nobody waits', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const telemetry = startTelemetry({ service: 'spec', otlpEndpoint: `http://127.0.0.1:${port}` });
    const droppedBy = async (reason: string): Promise<number> => {
      const line = `parlance_spans_dropped_total{reason="${reason}"} `;
      const page = (await metricsRegistry.metrics()).split('\n');
      return Number(page.find((one) => one.startsWith(line))?.slice(line.length));
    };
    expect(await droppedBy('queue_full')).toBe(0);
    const begun = performance.now();
    for (let span = 0; span < MOST_SPANS_HELD + 1_000; span += 1)
      await withSpan('work', {}, () => Promise.resolve());
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await droppedBy('queue_full')).toBe(1_000);
    // The stop is bounded by the exporter's own deadline, and the spans that were held have not arrived either.
    await telemetry.shutdown();
    expect(await droppedBy('export_failed')).toBe(MOST_SPANS_HELD);
    silent.closeAllConnections();
    silent.close();
    trace.disable();
  }, 30_000);
});

describe('counters of a service', () => {
  it('read 0 from the start, each combination of the labels that are known, and those of other services are not there', async () => {
    startCounters('conversation');
    const page = (await metricsRegistry.metrics()).split('\n');
    expect(page).toContain(
      'parlance_messages_total{subject="parlance.turn.transcribed",outcome="dead_lettered"} 0',
    );
    expect(page).toContain('parlance_moderation_total{verdict="unknown"} 0');
    expect(page).toContain('parlance_process_faults_total 0');
    expect(page.some((line) => line.startsWith('parlance_telegram_'))).toBe(false);
  });
});

describe('a failed run of repeated work', () => {
  it('is logged with its cause and counted under the name of the work', async () => {
    const lines: unknown[] = [];
    const logger = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    const fault = new Error('broken');
    const report = workFailureReporter(logger, 'sweep', 'nothing was swept');
    report(fault);
    report(fault);
    expect(lines).toEqual(Array(2).fill([{ err: fault }, 'nothing was swept']));
    expect(await metricsRegistry.metrics()).toContain('parlance_work_failures_total{work="sweep"} 2');
  });
});
