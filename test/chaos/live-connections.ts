import type { ListenEvent } from '@parlance/contracts';
import { ListenClient } from '../support/listen-client.js';
import type { Gateway } from '../support/platform.js';
import { until } from '../support/until.js';
import { VoiceClient, type ReceivedEvent } from '../support/voice-client.js';
import type { LiveConnection } from './live-client.js';
import type { SeenEvent } from './turn-ledger.js';

/** Speech is sent so many times as fast as it was spoken. */
const PACE = 2;
const METADATA_LIMIT_MS = 5_000;

type Read = readonly (SeenEvent | { readonly taken: string })[];

/** Opens `/v1/listen?converse=true`, in the session from behind the last event on. */
export async function listenConnection(
  gateway: Gateway,
  pcm: Buffer,
  session: string | undefined,
  after: number,
): Promise<LiveConnection> {
  const client = await ListenClient.open(gateway.url, {
    converse: 'true',
    after: String(after),
    ...(session === undefined ? {} : { session }),
  });
  let isOver = false;
  void client.closed.then(() => (isOver = true));
  const started = await client.next('Metadata', METADATA_LIMIT_MS);
  return {
    get isOver() {
      return isOver;
    },
    session: started.session!,
    read: () => readListen(client.events),
    speak: async (said) => {
      await client.speak(pcm, PACE);
      client.control('Finalize');
      said();
    },
    // It tells nobody what it plays.
    played: () => Promise.resolve(),
    close: () => client.socket.terminate(),
  };
}

/** Opens the namespace /voice and joins the session, from behind the last event on. */
export async function voiceConnection(
  gateway: Gateway,
  pcm: Buffer,
  session: string | undefined,
  after: number,
): Promise<LiveConnection> {
  const client = await VoiceClient.connectAs('ada', gateway.url);
  try {
    const joining = { settings: { sttMode: 'server', ttsEnabled: true, language: 'en' }, after };
    await client.join(
      session === undefined ? { settings: joining.settings } : { ...joining, sessionId: session },
    );
  } catch (error) {
    client.close();
    throw error;
  }
  const ask = async (...event: Parameters<VoiceClient['ask']>): Promise<void> => {
    const { error } = await client.ask(...event);
    if (error) throw new Error(error.code);
  };
  return {
    get isOver() {
      return !client.socket.connected || client.of('voice:left').length > 0;
    },
    session: client.sessionId,
    read: () => readVoice(client.events),
    speak: async (said) => {
      await ask('voice:start-recording', { metadata: { encoding: 'linear16', sampleRate: 16_000 } });
      await client.speak(pcm, 0, PACE);
      const before = client.events.length;
      said();
      await ask('voice:stop-recording');
      // Behind the acknowledgement all that was said is a turn, unless a fault was told.
      await until(() => {
        const since = client.events.slice(before);
        if (since.some(({ name }) => name === 'voice:error') || !client.socket.connected)
          throw new Error('not taken');
        return readVoice(since).some((event) => 'taken' in event);
      });
    },
    played: async (messageId) => ask('voice:tts-complete', { messageId }),
    close: () => client.close(),
  };
}

/** The events of a session that `/v1/listen` told. */
export function readListen(events: readonly ListenEvent[]): Read {
  return events.flatMap((event): Read => {
    switch (event.type) {
      case 'TurnTaken':
        return [{ taken: event.turn }];
      case 'ReplySentence':
        return [{ ...idOf(event), kind: 'sentence', index: event.index }];
      case 'SpeechReady':
      case 'SpeechFailed':
        return [{ ...idOf(event), kind: 'speech', index: event.index }];
      case 'TurnReplied':
        return [{ ...idOf(event), kind: 'reply', sentences: event.sentences }];
      case 'Feedback':
        return [{ ...idOf(event), kind: 'feedback' }];
      case 'TurnFailed':
        return [{ ...idOf(event), kind: 'failed' }];
      default:
        return [];
    }
  });
}

function idOf({ sequence, turn }: { readonly sequence: number; readonly turn: string }) {
  return { sequence, turn };
}

function readVoice(received: readonly ReceivedEvent[]): Read {
  return received.flatMap(({ name, event }): Read => {
    if (name === 'voice:response') {
      const { messageId: turn, metadata } = event as ReceivedEvent<'voice:response'>['event'];
      const { sequence, part: kind, index, sentences } = metadata;
      return [{ sequence, turn, kind, index, sentences }];
    }
    if (name === 'voice:processing') {
      const { status, messageId } = event as ReceivedEvent<'voice:processing'>['event'];
      return status === 'thinking' && messageId !== undefined ? [{ taken: messageId }] : [];
    }
    if (name === 'voice:error') {
      const { sequence, messageId } = event as ReceivedEvent<'voice:error'>['event'];
      return sequence === undefined || messageId === undefined
        ? []
        : [{ sequence, turn: messageId, kind: 'failed' }];
    }
    return [];
  });
}
