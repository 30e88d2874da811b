import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../../../test/support/free-port.js';
import { SpeechPlatformClient } from './speech-platform.client.js';
import { turnAnswerSchema } from './turn.schema.js';

const TURN = {
  id: '01J',
  status: 'complete',
  text: 'Hello.',
  measures: { speechMs: 1, longestPauseMs: 0, speechRateWpm: 100, wordCount: 1 },
  scores: { fluency: 1, pace: 1, pauses: 1, soundQuality: 1, overall: 1 },
  reply: null,
};

type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

describe('the client of the speech platform', () => {
  let server: Server;
  let answers: Answer[];
  const asked: { url: string; authorization: string | undefined }[] = [];
  const users: unknown[] = [];
  const { signal } = new AbortController();

  beforeAll(async () => {
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      request.resume().once('end', () => {
        users.push(request.headers['x-parlance-user']);
        asked.push({ url: `${request.method} ${request.url}`, authorization: request.headers.authorization });
        const [status, body, headers = {}] = answers.shift() ?? [200, TURN];
        response.writeHead(status, headers);
        response.end(body instanceof Uint8Array ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    answers = [];
    asked.length = 0;
    users.length = 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const client = (answerLimitMs = 10_000, url = addressOf(server)): SpeechPlatformClient =>
    new SpeechPlatformClient({ platform: { url, apiKey: 'pk', answerLimitMs } });
  const refusal = (code: string, message = 'no'): unknown => ({ error: { code, message } });

  it('names the user whose turn it is, and has the platform forget that user', async () => {
    await client().answer(Buffer.from('x'), '4242:7', signal);
    expect(users).toEqual(['telegram:4242:7']);
    answers = [[200, { sessions: 1 }]];
    await client().forget('4242:7', signal);
    expect(asked.at(-1)?.url).toBe('DELETE /api/v1/voice/users/telegram%3A4242%3A7');
  });

  it('waits for a turn that is still being answered', async () => {
    answers = [
      [202, { ...TURN, status: 'answering' }],
      [200, { ...TURN, status: 'answering' }],
    ];
    expect(await client().answer(Buffer.from('x'), '4242:7', signal)).toMatchObject({
      id: '01J',
      status: 'complete',
    });
    expect(asked).toEqual([
      { url: 'POST /api/v1/turns', authorization: 'Bearer pk' },
      { url: 'GET /api/v1/turns/01J', authorization: 'Bearer pk' },
      { url: 'GET /api/v1/turns/01J', authorization: 'Bearer pk' },
    ]);
  });

  it('waits no longer than its limit', async () => {
    answers = [
      [202, { ...TURN, status: 'answering' }],
      [200, { ...TURN, status: 'answering' }],
    ];
    await expect(client(100).answer(Buffer.from('x'), '4242:7', signal)).rejects.toMatchObject({
      code: 'request.deadline_exceeded',
    });
  });

  it('begins a turn anew only where it was refused before it began', async () => {
    answers = [[429, refusal('inference.overloaded')]];
    await client().answer(Buffer.from('x'), '4242:7', signal);
    expect(asked).toHaveLength(2);
    answers = [[503, refusal('upstream.unavailable')]];
    await expect(client().answer(Buffer.from('x'), '4242:7', signal)).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(asked).toHaveLength(3);
  });

  it("gives the gateway's own code and its hint when to come again", async () => {
    answers = [[429, refusal('quota.exceeded', 'Too many.'), { 'retry-after': '17' }]];
    await expect(client().answer(Buffer.from('x'), '4242:7', signal)).rejects.toMatchObject({
      code: 'quota.exceeded',
      retryable: true,
      retryAfterSeconds: 17,
    });
  });

  it('calls what is no answer of the gateway by its name', async () => {
    answers = [[502, '<html>']];
    await expect(client().answer(Buffer.from('x'), '4242:7', signal)).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    answers = [[200, { id: 3 }]];
    await expect(client().answer(Buffer.from('x'), '4242:7', signal)).rejects.toMatchObject({
      code: 'internal.unexpected',
    });
    await expect(
      client(1_000, `http://127.0.0.1:${await freePort()}`).answer(Buffer.from('x'), '4242:7', signal),
    ).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
  });

  it('speaks a text, but does not take silence for speech', async () => {
    answers = [[200, Buffer.from('OggS')]];
    expect(await client().speak('Hello.', signal)).toEqual(Buffer.from('OggS'));
    answers = [
      [200, Buffer.alloc(0)],
      [200, Buffer.alloc(0)],
      [200, Buffer.alloc(0)],
    ];
    await expect(client().speak('Hello.', signal)).rejects.toMatchObject({ code: 'upstream.unavailable' });
  });

  it('reads the feedback of a turn, with what it does not know left out', () => {
    const feedback = { makesSense: true, errors: [], rubric: { delivery: 3, note: 'x' }, later: 1 };
    expect(turnAnswerSchema.parse({ ...TURN, feedback }).feedback).toEqual({
      makesSense: true,
      errors: [],
      suggestions: [],
      improved: '',
      rubric: [{ criterion: 'delivery', score: 3 }],
    });
  });
});

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
