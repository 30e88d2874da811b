import { describe, expect, it } from '@jest/globals';
import { OpsController, type ReadinessParts } from './ops.controller.js';

async function probe(parts: ReadinessParts): Promise<{ status: number; body: unknown }> {
  const controller = new OpsController({ parts: () => parts });
  let [status, body]: [number, unknown] = [0, undefined];
  await controller.ready({
    status: (code) => {
      status = code;
      return { json: (sent) => (body = sent) };
    },
  });
  return { status, body };
}

describe('the readiness of a service', () => {
  it('is there when all its parts are, and shows what a part says of itself', async () => {
    expect(await probe({ bus: true, provider: 'cpu', store: Promise.resolve(true) })).toEqual({
      status: 200,
      body: { status: 'ready', parts: { bus: true, provider: 'cpu', store: true } },
    });
  });

  it('is missing with one part that is not there, fails, or does not answer before the probe gives up', async () => {
    const missing = [
      () => false,
      () => Promise.reject<boolean>(new Error('away')),
      () => new Promise<boolean>(() => undefined),
    ];
    for (const store of missing) {
      const begun = performance.now();
      expect(await probe({ bus: true, store: store() })).toEqual({
        status: 503,
        body: { status: 'not ready', parts: { bus: true, store: false } },
      });
      expect(performance.now() - begun).toBeLessThan(1_000);
    }
  });
});
