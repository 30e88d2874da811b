import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Patch, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Application } from 'express';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { FaultFilter } from './fault.filter.js';
import { requestScope } from './request-scope.js';
import { answerUnknownMethods } from './unknown-methods.js';

@Controller()
class Routes {
  @Get('api/v1/things/:id')
  thing(): string {
    return 'thing';
  }

  @Patch('api/v1/things/:id')
  change(): string {
    return 'changed';
  }

  @Post(['v1/listen', 'v1/answers'])
  listen(): string {
    return 'listened';
  }
}

/** What came back over a connection of its own. */
interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let app: NestExpressApplication;
beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [Routes] }).compile();
  app = module.createNestApplication<NestExpressApplication>();
  app.use(requestScope(silentLogger));
  app.useGlobalFilters(new FaultFilter(silentLogger));
  answerUnknownMethods(app.getHttpServer(), app.getHttpAdapter().getInstance() as Application);
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app?.close());

/** Sends what no HTTP client would. */
async function sendRaw(request: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(await app.getUrl());
  const socket = connect(Number(port), hostname);
  socket.write(request);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field) => [
    field.slice(0, field.indexOf(':')).toLowerCase(),
    field.slice(field.indexOf(':') + 1).trim(),
  ]);
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers) as RawAnswer['headers'],
    body,
  };
}
const send = (method: string, path: string) =>
  sendRaw(`${method} ${path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`);

// Node does not know the last two: they do not get as far as a request.
describe.each(['DELETE', 'TRACE', 'PROPFIND', 'INVENTED', 'GETS'])('the method %s', (method) => {
  it('is refused at an address that has others, which the answer names', async () => {
    const { status, headers, body } = await send(method, '/api/v1/things/7?x=1');
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS, PATCH']);
    expect(JSON.parse(body)).toEqual({
      error: {
        code: 'request.method_not_allowed',
        message: `This address does not have the method ${method}, but GET, HEAD, OPTIONS, PATCH.`,
        retryable: false,
        requestId: headers['x-request-id'],
      },
    });
  });

  it("is refused under /v1 in OpenAI's shape, and on Deepgram's route in Deepgram's", async () => {
    const openAi = await send(method, '/v1/answers');
    expect([openAi.status, openAi.headers.allow]).toEqual([405, 'OPTIONS, POST']);
    expect(JSON.parse(openAi.body)).toMatchObject({
      error: { code: 'request.method_not_allowed', type: 'invalid_request_error' },
    });
    const deepgram = await send(method, '/v1/listen');
    expect(deepgram.headers['dg-error']).toContain(method);
    expect(JSON.parse(deepgram.body)).toMatchObject({ err_code: 'request.method_not_allowed' });
  });

  it('finds nothing at an address that has none', async () => {
    const { status, headers, body } = await send(method, '/api/v1/nothing');
    expect([status, headers.allow]).toEqual([404, undefined]);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'request.not_found' } });
  });
});

describe('bytes that are no request', () => {
  it.each([
    ['no line of a request', 'hello\r\n\r\n', 400],
    ['a method that is none', '(((( /api/v1/things/7 HTTP/1.1\r\n\r\n', 400],
    ['a header without a name', 'GET /api/v1/things/7 HTTP/1.1\r\n: x\r\n\r\n', 400],
    ['more headers than fit', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('with %s are answered as Node does', async (_, request, status) => {
    expect(await sendRaw(request)).toEqual({ status, headers: { connection: 'close' }, body: '' });
  });
});

describe('the metrics of requests', () => {
  it('have the pattern of the route, and no address that a client chose', async () => {
    await send('GET', '/api/v1/things/secret-id');
    await send('GET', '/api/v1/nowhere-at-all');
    const page = await metricsRegistry.metrics();
    const labels = (route: string, status: number) => `method="GET",route="${route}",status="${status}"`;
    expect(page).toContain(`parlance_gateway_request_seconds_count{${labels('/api/v1/things/:id', 200)}} 1`);
    expect(page).toContain(`parlance_gateway_request_seconds_count{${labels('none', 404)}}`);
    expect(page).not.toMatch(/secret-id|nowhere/);
  });
});
