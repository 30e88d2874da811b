import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Response as ExpressResponse } from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@parlance/errors';
import { sendSpeechEvents } from './event-stream.js';

const CHUNKS = [Buffer.from([1, 2]), Buffer.from([3, 4, 5])];

async function* chunks(fails: boolean): AsyncGenerator<Buffer> {
  yield* CHUNKS;
  if (fails) throw new AppError('upstream.unavailable', 'The voice is away.');
}

describe('speech as server-sent events', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      void sendSpeechEvents(chunks(url === '/fails'), 12, response as ExpressResponse);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function eventsOf(path: string): Promise<unknown[]> {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = (await answer.text()).split('\n\n').filter((event) => event !== '');
    return events.map((event) => JSON.parse(event.replace(/^data: /, '')) as unknown);
  }

  const deltas = [
    { type: 'speech.audio.delta', audio: 'AQI=' },
    { type: 'speech.audio.delta', audio: 'AwQF' },
  ];

  it('is its audio in base64, chunk by chunk, and an end with the characters that were spoken', async () => {
    const usage = { input_tokens: 12, output_tokens: 0, total_tokens: 12 };
    expect(await eventsOf('/')).toEqual([...deltas, { type: 'speech.audio.done', usage }]);
  });

  it('that breaks off ends with the fault, and not as if it were whole', async () => {
    expect(await eventsOf('/fails')).toEqual([
      ...deltas,
      { error: expect.objectContaining({ code: 'upstream.unavailable', message: 'The voice is away.' }) },
    ]);
  });
});
