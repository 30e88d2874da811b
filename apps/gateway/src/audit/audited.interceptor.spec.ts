import { once } from 'node:events';
import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { from, lastValueFrom } from 'rxjs';
import type { AuditedAct, AuditLog } from './audit-log.service.js';
import { PRIVACY_RULES } from './audit-rules.js';
import { Audited, AuditInterceptor } from './audited.interceptor.js';

class Routes {
  @Audited(PRIVACY_RULES.exportRead)
  readExport(): void {}

  @Audited(PRIVACY_RULES.settingsChanged)
  change(): void {}
}

const PART = Buffer.alloc(4_096);
let written: AuditedAct[];
let server: Server;
/** What came of the request. */
let outcome: Promise<unknown>;
/** How a route answers. */
let answer: (response: ServerResponse) => Promise<unknown>;
let route: keyof Routes;
beforeEach(async () => {
  [written, route] = [[], 'readExport'];
  const log = { write: async (act: AuditedAct) => void written.push(act) } as unknown as AuditLog;
  const interceptor = new AuditInterceptor(log, new Reflector());
  server = createServer((_, response) => {
    const request = {
      ...{ params: { id: 'E1' }, ip: '192.0.2.1', body: {} },
      ...{ caller: { tenant: 'acme', role: 'learner' }, principal: { tenant: 'acme', user: 'ada' } },
    };
    const context = {
      getHandler: () => Routes.prototype[route],
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
    } as unknown as ExecutionContext;
    const next: CallHandler = { handle: () => from(answer(response)) };
    outcome = lastValueFrom(interceptor.intercept(context, next)).catch((error: unknown) => error);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Asks, and leaves after so many bytes. */
async function read(bytes = Infinity): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1' });
  request.on('error', () => undefined);
  await once(request, 'response')
    .then(async ([response]) => {
      let had = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) if ((had += chunk.length) >= bytes) break;
    })
    .catch(() => undefined);
  request.destroy();
  return outcome;
}

/** Sends parts, the last one only when it is told to. */
const sending = (parts: number, last: () => Promise<void>) => (response: ServerResponse) =>
  pipeline(
    Readable.from(
      (async function* () {
        for (let part = 1; part < parts; part += 1) yield PART;
        await last();
        yield PART;
      })(),
    ),
    response,
  );

const READ = {
  ...{ tenant: 'acme', role: 'learner', user: 'ada', action: 'export.read', address: '192.0.2.1' },
  target: { kind: 'export', id: 'E1' },
};

describe('a file that is read', () => {
  it('stands in the audit log once it was sent', async () => {
    answer = sending(3, async () => undefined);
    await read();
    expect(written).toEqual([READ]);
  });

  it('stands there as cut off where the client left before its end', async () => {
    const left = new Promise<void>((resolve) =>
      server.once('connection', (socket) => socket.once('close', resolve)),
    );
    answer = sending(3, () => left);
    const fault = await read(2 * PART.length);
    expect(fault).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(written).toEqual([{ ...READ, details: { cutOff: true } }]);
  });

  it('stands there as cut off where the store fails in the middle, and the fault stays the one it was', async () => {
    const away = new AppError('store.unavailable', 'away');
    answer = sending(3, () => Promise.reject(away));
    expect(await read()).toBe(away);
    expect(written).toEqual([{ ...READ, details: { cutOff: true } }]);
  });

  it('does not stand there where nothing of it was sent', async () => {
    answer = async (response) => {
      response.once('close', () => undefined);
      setTimeout(() => response.destroy(), 10);
      throw new AppError('privacy.job_not_found', 'none');
    };
    await read();
    expect(written).toEqual([]);
  });
});

describe('a change', () => {
  it('that failed stands in no log, whatever was sent', async () => {
    route = 'change';
    answer = async (response) => {
      response.write('x');
      setTimeout(() => response.destroy(), 10);
      throw new AppError('store.unavailable', 'away');
    };
    await read();
    expect(written).toEqual([]);
  });
});
