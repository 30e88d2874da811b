import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { NatsConnection, NatsObjectStore } from '@parlance/messaging';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { RecognizerServer } from '../support/recognizers.js';
import { silentLogger } from '../support/silent-logger.js';
import { READ_SPEECH } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';

interface RecordingView {
  readonly url: string;
  readonly expiresAt: string;
  readonly bytes: number;
  readonly durationMs: number;
}

const stranger = { headers: { authorization: `Bearer ${OTHER_TENANTS_KEY}` } };

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('the recording of a session, over HTTP', () => {
  let platform: Platform;
  let recognizer: RecognizerServer;
  let connection: NatsConnection;
  let session: string;
  let turn: string;
  beforeAll(async () => {
    recognizer = await RecognizerServer.start();
    platform = await Platform.start({
      services: ['conversation'],
      gateways: 2,
      gateway: {
        PARLANCE_REMOTE_RECOGNIZER_URL: recognizer.openAiUrl,
        PARLANCE_RECORDING_ABANDONED_MS: '1000',
        PARLANCE_RECORDING_SWEEP_MS: '300',
      },
    });
    connection = await NatsConnection.open({ natsUrl: platform.nats.url, name: 'test' }, silentLogger);
    const started = await startTurn(platform.gateway, READ_SPEECH.letter, { speak: 'false' });
    ({ session, id: turn } = started.turn);
  });
  afterAll(async () => {
    await connection?.close();
    await platform?.stop();
    await recognizer?.stop();
  });

  const at = (path: string) => `/api/v1/voice/${path}`;

  async function link(): Promise<RecordingView | undefined> {
    const answer = await platform.gateway.fetch(at(`sessions/${session}/recording`));
    return answer.status === 200 ? ((await answer.json()) as RecordingView) : undefined;
  }

  it('that a crashed gateway has left is joined, and a link lets anybody read it on each replica', async () => {
    const none = await platform.gateway.fetch(at(`sessions/${session}/recording`));
    expect(await none.json()).toMatchObject({ error: { code: 'recording.not_found' } });
    const store = await NatsObjectStore.open(connection, 'parlance');
    const marker = { tenant: 'acme', aliveAt: Date.now() };
    await store.put(
      `sessions/${session}/recorder.json`,
      Buffer.from(JSON.stringify(marker)),
      'application/json',
    );
    for (const index of [0, 1]) {
      const key = `sessions/${session}/chunk_00000${index}_${Date.now() + 1_000 * index}`;
      await store.put(key, Buffer.alloc(32_000), 'audio/L16');
    }
    const { url, durationMs, bytes, expiresAt } = await until(link, 20_000);
    expect(durationMs).toBe(2_000);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    for (const gateway of platform.gateways) {
      const answer = await fetch(`${gateway.url}${url}`);
      const body = Buffer.from(await answer.arrayBuffer());
      expect([answer.status, answer.headers.get('content-type'), body.length]).toEqual([
        200,
        'audio/flac',
        bytes,
      ]);
      expect(body.toString('latin1', 0, 4)).toBe('fLaC');
    }
    const forged = await fetch(`${platform.gateway.url}${url.replace('acme', 'globex')}`);
    expect(forged.status).toBe(401);
    const theirs = await platform.gateway.fetch(at(`sessions/${session}/recording`), stranger);
    expect(await theirs.json()).toMatchObject({ error: { code: 'session.not_found' } });
  });

  it('is counted among what the tenant has', async () => {
    const answer = await platform.gateway.fetch(at('storage'));
    expect(await answer.json()).toMatchObject({
      // The turn's recording, the session's, and the card of that.
      kinds: { recordings: { objects: 3 }, chunks: { objects: 0, bytes: 0 }, speech: { objects: 0 } },
    });
    const theirs = await platform.gateway.fetch(at('storage'), stranger);
    expect(await theirs.json()).toMatchObject({ objects: 0, bytes: 0 });
  });

  it('is gone with the session, and with it everything else', async () => {
    const { url } = (await link())!;
    const theirs = await platform.gateway.fetch(at(`sessions/${session}`), { method: 'DELETE', ...stranger });
    expect(theirs.status).toBe(404);
    const nobody = await platform.gateway.fetch(at('users/nobody'), { method: 'DELETE' });
    expect(await nobody.json()).toEqual({ sessions: 0 });
    const gone = await platform.gateway.fetch(at(`sessions/${session}`), { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect((await fetch(`${platform.gateway.url}${url}`)).status).toBe(404);
    expect((await platform.gateway.fetch(`/api/v1/turns/${turn}`)).status).toBe(404);
    const again = await platform.gateway.fetch(at(`sessions/${session}`), { method: 'DELETE' });
    expect(await again.json()).toMatchObject({ error: { code: 'session.not_found' } });
  });
});
