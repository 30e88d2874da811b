/** What is open when its access token expires, over every API that lasts. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { accessToken, secondsFromNow } from '../support/access-token.js';
import { ConverseClient } from '../support/converse-client.js';
import { JsonSocket } from '../support/json-socket.js';
import { Platform } from '../support/platform.js';
import { VoiceClient } from '../support/voice-client.js';

/** Enough to open a connection on a busy machine; NumericDates are whole seconds. */
const LIFE_SECONDS = 4;
const EXPIRED = { code: 4401, reason: 'auth.expired_token' };
const UNAUTHENTICATED = 16;

jest.setTimeout(60_000);

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({
    services: ['inference'],
    gateway: { PARLANCE_JWT_CLOCK_TOLERANCE_SECONDS: '0' },
  });
}, 120_000);
afterAll(() => platform?.stop());

const brief = (user: string) => accessToken(user, { claims: { exp: secondsFromNow(LIFE_SECONDS) } });

/** A WebSocket of a user whose token expires. @returns how it was closed, and the code that was told before */
async function endOf(path: string, begin: (client: JsonSocket<{ type: string }>) => void = () => undefined) {
  const client = await JsonSocket.open<{ type: string; error?: { code: string } }>(
    platform.gateway.url,
    path,
    path === '/v1/stream' ? undefined : await brief('ada'),
  );
  begin(client);
  return { ...(await client.closed), told: client.events.at(-1)?.error?.code };
}

describe('an access token that expires', () => {
  it('ends what it has opened, by its code, while an API key lasts', async () => {
    const { url, grpcAddress } = platform.gateway;
    const lasting = await JsonSocket.open(url, '/v1/learn', 'pk_test_of_acme');
    const voice = await VoiceClient.connect(url, { token: await brief('ada') });
    await voice.join({ settings: { ttsEnabled: false } });
    const api = new ConverseClient(grpcAddress);
    const call = api.open({ token: await brief('ada') }).configure({ reply: { textOnly: true } });
    const token = await brief('ada');
    const [listen, learn, stream, realtime, converse, disconnected] = await Promise.all([
      endOf('/v1/listen?converse=true&speak=false'),
      endOf('/v1/learn', (client) => client.send({ type: 'start_session', user_external_id: 'u' })),
      endOf('/v1/stream', (client) => client.send(token)),
      endOf('/v1/realtime?intent=transcription'),
      call.ended,
      voice.disconnected,
    ]);
    for (const end of [listen, learn, stream, realtime])
      expect(end).toEqual({ ...EXPIRED, told: EXPIRED.reason });
    expect(converse).toMatchObject({ status: UNAUTHENTICATED, code: EXPIRED.reason });
    // Not a disconnection by Socket.IO: clients come back by themselves, and get a fresh token then.
    expect(disconnected).toBe('transport close');
    expect(voice.faults).toEqual([EXPIRED.reason]);
    expect(lasting.socket.readyState).toBe(lasting.socket.OPEN);
    lasting.socket.terminate();
    api.close();
    // Nothing of them is held any more.
    expect(await platform.gateway.metric('parlance_gateway_voice_sockets')).toBe(0);
  });

  it('is refused when its client comes back with it, and a fresh one goes on in the session', async () => {
    const { url } = platform.gateway;
    const voice = await VoiceClient.connectAs('ada', url);
    const { sessionId, sequence } = await voice.join({ settings: { ttsEnabled: false } });
    const old = await accessToken('ada', { claims: { exp: secondsFromNow(-5) } });
    expect(await VoiceClient.refusal(url, { token: old })).toBe(EXPIRED.reason);
    voice.close();
    const back = await VoiceClient.connectAs('ada', url);
    expect(await back.join({ sessionId, after: sequence })).toMatchObject({ status: 'resumed' });
    back.close();
  });
});
