import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { FaultFilter } from './fault.filter.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import { securityHeaders } from './security-headers.js';

@UseGuards(QueryGuard)
@Controller()
class Routes {
  @Get('plain')
  plain(): string {
    return 'plain';
  }

  @Get('listed')
  @QueryParameters('after')
  listed(): string {
    return 'listed';
  }
}

describe('query parameters of a route', () => {
  let app: NestExpressApplication;
  let url: string;
  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [Routes] }).compile();
    app = module.createNestApplication<NestExpressApplication>();
    app.use(securityHeaders);
    app.useGlobalFilters(new FaultFilter(silentLogger));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app?.close());

  it.each([
    ['plain', 200],
    ['plain?api-version=1', 200],
    ['listed?after=3', 200],
    ['plain?after=3', 400],
    ['listed?before=3', 400],
    ['listed?__proto__=3', 400],
  ])('%s is answered with %i', async (path, status) => {
    const answer = await fetch(`${url}/${path}`);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    const [, name = ''] = /\?(\w+)/.exec(path) ?? [];
    if (status === 400)
      expect(await answer.json()).toMatchObject({
        error: { code: 'request.invalid', message: `${name}: is no option here` },
      });
  });
});
