import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ListenClient } from '../support/listen-client.js';
import { Platform, type ServiceName } from '../support/platform.js';
import { READ_SPEECH } from '../support/speech-samples.js';
import { completeTurn, startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('a service killed in the middle of a turn', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({ gateway: { PARLANCE_TURN_TIMEOUT_MS: '1' } });
  });
  afterAll(() => platform?.stop());

  it.each<[ServiceName]>([['conversation'], ['tts']])(
    'SIGKILL of %s with the work in its hands: the acknowledged turn is completed, once',
    async (name) => {
      const opened = await startTurn(platform.gateway, READ_SPEECH.letter, { speak: 'false' });
      const { session } = opened.turn;
      const watcher = await ListenClient.open(platform.gateway.url, {
        converse: 'true',
        session,
        after: '0',
      });
      platform.freeze(name);
      const { status, turn } = await startTurn(platform.gateway, READ_SPEECH.gothic, { session });
      expect(status).toBe(202);
      await platform.kill(name);
      await platform.startService(name);
      const complete = await completeTurn(platform.gateway, turn.id);
      const sentences = complete.reply?.sentences ?? [];
      expect(sentences.every((sentence) => sentence.audio !== undefined)).toBe(true);
      const events = () =>
        watcher.events.filter(
          (event) => 'turn' in event && event.turn === turn.id && event.type !== 'TurnTaken',
        );
      await until(
        () => events().filter(({ type }) => type === 'SpeechReady').length >= sentences.length,
        20_000,
      );
      const count = (type: string): number => events().filter((event) => event.type === type).length;
      expect({
        replied: count('TurnReplied'),
        sentences: count('ReplySentence'),
        speech: count('SpeechReady'),
        failed: count('TurnFailed'),
      }).toEqual({ replied: 1, sentences: sentences.length, speech: sentences.length, failed: 0 });
      watcher.socket.terminate();
    },
  );

  it('SIGKILL of inference: the client is told by a retryable code, nothing is half kept, and its next try works', async () => {
    const starting = startTurn(platform.gateway, READ_SPEECH.gothic, { speak: 'false' });
    await until(
      () => platform.gateway.metric('parlance_gateway_recognitions').then((open) => open > 0),
      20_000,
    );
    await platform.kill('inference');
    const refused = await starting;
    expect(refused.status).toBe(503);
    expect(refused.turn).toMatchObject({ error: { retryable: true } });
    await platform.startService('inference');
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.gothic, { speak: 'false' });
    expect((await completeTurn(platform.gateway, turn.id)).sequence).toBe(1);
  });
});
