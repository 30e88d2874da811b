/** Services whose bus and store are away: alive, not ready, and they leave clean. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { NatsServer } from '../support/nats.js';
import { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const DRAIN_MS = 1_000;
/** To close connections to what does not answer. */
const LEAVE_MS = 9_000;
const SERVICES = ['gateway', 'conversation', 'tts'] as const;

jest.setTimeout(90_000);

describe.each(SERVICES)('%s whose bus and store are away', (name) => {
  let nats: NatsServer;
  let documents: DocumentStoreServer;
  beforeAll(async () => {
    [nats, documents] = await Promise.all([
      NatsServer.start(),
      DocumentStoreServer.start({ isDisturbed: true }),
    ]);
  });
  afterAll(async () => {
    documents?.thaw();
    nats?.thaw();
    await Promise.all([nats?.stop(), documents?.stop()]);
  });

  const start = async (probe: '/readyz' | '/livez') =>
    ServiceProcess.start(
      name,
      {
        ...MODEL_ENVIRONMENT,
        NATS_URL: nats.url,
        MONGODB_URI: documents.uri('away'),
        PARLANCE_DRAIN_MS: String(DRAIN_MS),
        PARLANCE_GRPC_PORT: String(await freePort()),
        PARLANCE_HTTP_PORT: String(await freePort()),
        // The gateway's readiness here shall depend on its bus and store alone.
        PARLANCE_REMOTE_RECOGNIZER_URL: 'http://127.0.0.1:9/v1',
      },
      probe,
    );
  const statusOf = async (service: ServiceProcess, path: string): Promise<number> =>
    (await fetch(service.opsUrl + path)).status;

  it('waits for them at its start, alive and not ready, and is ready once they are there', async () => {
    await nats.down('SIGKILL');
    documents.freeze();
    const service = await start('/livez');
    try {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect([await statusOf(service, '/livez'), await statusOf(service, '/readyz')]).toEqual([200, 503]);
      documents.thaw();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await statusOf(service, '/readyz')).toBe(503);
      await nats.up();
      await until(async () => (await statusOf(service, '/readyz')) === 200, 30_000);
    } finally {
      expect(await service.end('SIGTERM')).toBe(0);
    }
  });

  it('ends with 0 when it is told to stop while it waits for them', async () => {
    documents.freeze();
    try {
      const service = await start('/livez');
      const begun = Date.now();
      expect(await service.end('SIGTERM')).toBe(0);
      expect(Date.now() - begun).toBeLessThan(2_000);
    } finally {
      documents.thaw();
    }
  });

  it('is alive and not ready while they stand still, and still ends with 0 within its limit', async () => {
    const service = await start('/readyz');
    nats.freeze();
    documents.freeze();
    try {
      await until(async () => (await statusOf(service, '/readyz')) === 503, 10_000);
      expect(await statusOf(service, '/livez')).toBe(200);
      const begun = Date.now();
      expect(await service.end('SIGTERM')).toBe(0);
      expect(Date.now() - begun).toBeLessThan(DRAIN_MS + LEAVE_MS);
    } finally {
      nats.thaw();
      documents.thaw();
    }
  });
});
