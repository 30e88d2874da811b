import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import { drainedRequests } from './drained-requests.js';
import { requestScope } from './request-scope.js';

let answerSlow: () => void;
let begun: PromiseWithResolvers<void>;
let begunEvents: PromiseWithResolvers<void>;

@Controller()
class SlowController {
  @Get(['v1/slow', 'api/slow'])
  slow(@Req() _: Request, @Res() response: Response): void {
    answerSlow = () => response.json({ text: 'done' });
    begun.resolve();
  }

  @Get('v1/events')
  events(@Req() _: Request, @Res() response: Response): void {
    response.setHeader('content-type', 'text/event-stream');
    response.write('data: {"type":"transcript.text.delta"}\n\n');
    begunEvents.resolve();
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

describe('requests in a drain', () => {
  let app: NestExpressApplication;
  let calls: OpenCalls;
  let url: string;
  beforeEach(async () => {
    [begun, begunEvents] = [Promise.withResolvers(), Promise.withResolvers()];
    calls = new OpenCalls(silentLogger);
    app = await NestFactory.create<NestExpressApplication>(SlowModule, {
      logger: false,
      forceCloseConnections: true,
    });
    app.use(requestScope(silentLogger));
    app.use(drainedRequests(calls));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => app.close());

  it('are answered where they end in time, and new ones are refused', async () => {
    const open = fetch(`${url}/v1/slow`);
    await begun.promise;
    const drained = calls.drain(5_000);
    const refused = await fetch(`${url}/api/slow`);
    expect(refused.status).toBe(503);
    await expect(refused.json()).resolves.toMatchObject({ error: { code: 'service.draining' } });
    answerSlow();
    const answer = await open;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await drained;
  });

  it('that outlast it are told so, by status or in their stream of events', async () => {
    const open = fetch(`${url}/v1/slow`);
    const events = fetch(`${url}/v1/events`);
    await Promise.all([begun.promise, begunEvents.promise]);
    await calls.drain(50);
    const cut = await open;
    expect(cut.status).toBe(503);
    expect(cut.headers.get('retry-after')).toBe('2');
    await expect(cut.json()).resolves.toMatchObject({ error: { code: 'service.draining' } });
    expect(await (await events).text()).toContain('"code":"service.draining"');
  });
});
