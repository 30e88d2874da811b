import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModerationServer } from '../../../../test/support/moderation.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { ModerationService, type ModerationOptions } from './moderation.service.js';

describe('moderation', () => {
  let server: ModerationServer;

  beforeAll(async () => {
    server = await ModerationServer.start();
  });
  afterAll(() => server.stop());

  function moderation(options: Partial<ModerationOptions> = {}): ModerationService {
    return new ModerationService(
      { url: server.url, timeoutMs: 10_000, onFailure: 'answer', ...options },
      silentLogger,
    );
  }
  const refusalOf = (service: ModerationService, text = 'Hello.') =>
    service.refusalOf(text, new AbortController().signal);

  it('lets pass what is not flagged, and asks in the wire format of OpenAI', async () => {
    expect(await refusalOf(moderation({ apiKey: 'k', model: 'omni' }))).toBeUndefined();
    expect(server.requests.at(-1)).toEqual({
      authorization: 'Bearer k',
      body: { input: 'Hello.', model: 'omni' },
    });
  });

  it('answers what is flagged with a polite sentence', async () => {
    expect(await refusalOf(moderation(), 'Forbidden words.')).toMatch(/another topic/);
  });

  it.each([
    ['a server fault', { status: 500 }],
    ['HTML', { body: '<html>502</html>' }],
    ['an answer without results', { body: '{"results":[]}' }],
    ['silence', 'hang' as const],
  ])('answers or refuses after %s, as it is set', async (_name, behaviour) => {
    server.behaviour = behaviour;
    const timeoutMs = 300;
    expect(await refusalOf(moderation({ timeoutMs, onFailure: 'answer' }))).toBeUndefined();
    expect(await refusalOf(moderation({ timeoutMs, onFailure: 'refuse' }))).toMatch(/try again/);
  });

  it('leaves a service alone that keeps failing', async () => {
    server.behaviour = { status: 500 };
    const breaker = { share: 0.5, leastCalls: 4, withinMs: 60_000, halfOpenAfterMs: 60_000 };
    const service = moderation({ breaker, timeoutMs: 2_000 });
    const before = server.requests.length;
    for (let turn = 0; turn < 6; turn += 1) await refusalOf(service);
    expect(server.requests.length - before).toBe(4);
  });

  it('checks nothing where no service is configured', async () => {
    expect(await refusalOf(new ModerationService(undefined, silentLogger))).toBeUndefined();
  });
});
