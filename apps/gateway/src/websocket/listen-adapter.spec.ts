import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { AppError } from '@parlance/errors';
import { MessageBus, ObjectStore } from '@parlance/messaging';
import { UsageLedger } from '@parlance/persistence';
import { LOGGER } from '@parlance/telemetry';
import { ListenClient } from '../../../../test/support/listen-client.js';
import { API_KEY } from '../../../../test/support/platform.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { AccessTokens } from '../auth/access-tokens.service.js';
import { ApiKeys } from '../auth/api-keys.service.js';
import { Authenticator } from '../auth/authenticator.service.js';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { StoredKeys } from '../auth/stored-keys.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import { OpenCalls } from '../drain/open-calls.service.js';
import { GATEWAY_CONFIG, gatewaySchema } from '../gateway.config.js';
import { QuotaLimits } from '../quotas/quota-limits.service.js';
import { StorageLevels } from '../recordings/storage-levels.service.js';
import { Quotas } from '../quotas/quotas.service.js';
import { LiveRecognition } from '../recognition/live-recognition.service.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { TurnService } from '../turns/turn.service.js';
import { ListenAdapter } from './listen-adapter.js';
import { ListenSessions } from './listen-sessions.service.js';
import { ListenGateway, SOCKET_GATEWAYS } from './socket-apis.gateway.js';
import { SocketCallers } from './socket-callers.service.js';

const config = gatewaySchema.parse({
  PARLANCE_API_KEYS: `acme:${createHash('sha256').update(API_KEY).digest('hex')}`,
  PARLANCE_TENANT_CONCURRENCY: '1',
});
/** A pod that is full. */
const recognition = {
  open: () => Promise.reject(new AppError('inference.overloaded', 'full')),
};
/** What is not reached before recognition refuses. */
const unused = [TurnService, VoiceSessions, MessageBus, ObjectStore, VoicesService];

@Module({
  providers: [
    ListenGateway,
    ListenSessions,
    SocketCallers,
    ApiKeys,
    AccessTokens,
    Authenticator,
    TenantSlots,
    Quotas,
    { provide: QuotaLimits, useValue: { of: async () => [] } },
    { provide: StorageLevels, useValue: {} },
    { provide: UsageLedger, useValue: { count: () => undefined } },
    OpenCalls,
    { provide: GATEWAY_CONFIG, useValue: config },
    { provide: OwnTokens, useValue: { isIssuer: () => false } },
    { provide: StoredKeys, useValue: { callerOf: async () => undefined } },
    { provide: LiveRecognition, useValue: recognition },
    { provide: LOGGER, useValue: silentLogger },
    ...unused.map((provide) => ({ provide, useValue: {} })),
  ],
})
class ListenModule {}

describe('an upgrade', () => {
  let app: NestExpressApplication;
  let url: string;
  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(ListenModule, { logger: false });
    app.useWebSocketAdapter(new ListenAdapter(app, silentLogger, SOCKET_GATEWAYS));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  it('of an unknown path, and one that is refused, are answered over HTTP, with a time to come back', async () => {
    expect(await ListenClient.refusal(url, {}, API_KEY, '/v1/nothing')).toMatchObject({
      status: 404,
      error: { code: 'request.not_found' },
    });
    expect(await ListenClient.refusal(url, {}, 'wrong')).toMatchObject({
      status: 401,
      error: { code: 'auth.invalid_token' },
    });
    expect(await ListenClient.refusal(url)).toMatchObject({
      status: 429,
      retryAfter: '2',
      error: { code: 'inference.overloaded' },
    });
  });

  it('of a browser is accepted, and the refusal an event; the slot is free each time', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const client = await ListenClient.openInBrowser(url);
      expect(await client.closed).toEqual({ code: 4429, reason: 'inference.overloaded' });
      expect(client.of('Error')[0]?.error.code).toBe('inference.overloaded');
    }
  });

  it('that is no valid handshake is answered, and its slot is free', async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /v1/listen HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: token, ${API_KEY}\r\n\r\n`,
    );
    const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    app.get(TenantSlots).acquire('acme')();
  });
});
