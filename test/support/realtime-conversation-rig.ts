import { writeWav } from '@parlance/audio';
import type { TurnEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { EventQueue } from '../../apps/gateway/src/live/event-queue.js';
import type { RecognizedUtterance } from '../../apps/gateway/src/live/listening.js';
import type { ConversationEvent, LiveConversation } from '../../apps/gateway/src/live/live-conversation.js';
import type { ReplyOptions } from '../../apps/gateway/src/turns/turn-transcript.js';
import type { ClientSocket } from '../../apps/gateway/src/websocket/client-socket.js';
import { RealtimeConversation } from '../../apps/gateway/src/websocket/realtime/realtime-conversation.js';
import { conversationOf } from '../../apps/gateway/src/websocket/realtime/conversation-settings.js';
import { RealtimeConversationSession } from '../../apps/gateway/src/websocket/realtime/realtime-conversation-session.js';
import { firstSettings } from '../../apps/gateway/src/websocket/realtime/realtime-settings.js';
import { FrameSocket } from './frame-socket.js';
import { aResult } from './recognition-factory.js';
import { until } from './until.js';

/** A second of silence, as a voice of 24 kHz gives it. */
const SPEECH = writeWav(new Int16Array(24_000), 24_000);
export const realtimeAudio = (bytes = 4_800) => ({
  type: 'input_audio_buffer.append',
  audio: Buffer.alloc(bytes).toString('base64'),
});
export const realtimeUpdate = (session: object) => ({
  type: 'session.update',
  session: { type: 'realtime', ...session },
});
export const MANUAL_TURNS = realtimeUpdate({ audio: { input: { turn_detection: null } } });
export const writtenItem = (text: string, parts: object = {}) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }], ...parts },
});
export const CREATE_RESPONSE = { type: 'response.create' };
export const CANCEL_RESPONSE = { type: 'response.cancel' };

interface Answered {
  readonly turn: string;
  readonly reply: ReplyOptions;
  readonly text: string;
  readonly utterance?: RecognizedUtterance;
}

/** Stands for the live conversation: what is said and answered is up to the test. */
class StandInConversation {
  reply: ReplyOptions = {};
  isInterruptible = true;
  isListening = false;
  readonly calls: string[] = [];
  readonly asked: Answered[] = [];
  readonly cuts: [string, string | undefined][] = [];
  refusal: AppError | undefined;
  speech: Buffer | undefined = SPEECH;
  /** What is said until the stretch ends. */
  said = [' One.'];
  private readonly events = new EventQueue<ConversationEvent>();

  async startSpeech(): Promise<void> {
    this.calls.push('start');
    if (this.refusal) throw this.refusal;
    this.isListening = true;
  }
  async push(): Promise<void> {}
  async stopSpeech(): Promise<void> {
    if (!this.isListening) return;
    this.calls.push('stop');
    for (const text of this.said) await this.utter(text);
    await this.endStretch();
  }
  async dropSpeech(): Promise<void> {
    this.calls.push('drop');
    await this.endStretch();
  }
  async finalize(): Promise<void> {
    this.calls.push('finalize');
  }
  async keepAlive(): Promise<void> {}
  async answered(): Promise<void> {}
  async close(): Promise<void> {
    this.events.end();
  }
  answer(utterance: RecognizedUtterance, turn: string): void {
    this.asked.push({ turn, reply: this.reply, text: utterance.result.text, utterance });
  }
  async say(text: string, _: string, turn: string): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.asked.push({ turn, reply: this.reply, text });
  }
  async cut(turn: string, text?: string): Promise<void> {
    this.cuts.push([turn, text]);
  }
  async audioOf(): Promise<Buffer | undefined> {
    return this.speech;
  }
  [Symbol.asyncIterator](): AsyncGenerator<ConversationEvent> {
    return this.events[Symbol.asyncIterator]();
  }

  /** Recognition says something. */
  tell(event: ConversationEvent): Promise<void> {
    return this.events.put(event);
  }
  endpoint(kind: string, utteranceId = 'u1'): Promise<void> {
    return this.tell({ kind: 'speech', event: { endpoint: { kind, utteranceId, atMs: 0 } } as never });
  }
  async utter(text: string): Promise<void> {
    const result = aResult({ text });
    await this.tell({ kind: 'speech', event: { result } as never });
    await this.tell({ kind: 'utterance', utterance: { result, pcm: Buffer.alloc(2), degraded: undefined } });
  }

  /** Something of a turn's reply. */
  about(turn: string, name: TurnEvent['name'], data: object = {}): Promise<void> {
    const event = { name, data: { identity: { tenant: 'acme', session: 's', turn }, ...data } } as TurnEvent;
    return this.tell({ kind: 'event', arrived: { event, sequence: 1 } as never });
  }
  /** A whole reply of sentences. */
  async replyTo(turn: string, ...texts: string[]): Promise<void> {
    const speak = this.reply.speak ?? true;
    for (const [index, text] of texts.entries()) {
      await this.about(turn, 'reply.sentence', { index, text });
      if (speak) await this.about(turn, 'speech.ready', { index, audio: { key: 'k' }, durationMs: 1_000 });
    }
    await this.about(turn, 'turn.replied', { sentences: texts.length, speak, text: texts.join(' ') });
  }

  private async endStretch(): Promise<void> {
    this.isListening = false;
    await this.tell({ kind: 'speech-ended' });
  }
}

/** A client in a conversation whose other side is up to the test. @param open  is given what ends it */
export async function openedConversation(
  open: (() => Promise<void>)[],
  { isBeta = false, model = 'gpt-realtime', answerMs = 60_000 } = {},
) {
  const socket = new FrameSocket();
  const inner = new StandInConversation();
  let ended = 0;
  const session = new RealtimeConversationSession({
    idleMs: 60_000,
    model,
    begin: async (client) => {
      const conversation = new RealtimeConversation('s', inner as unknown as LiveConversation, client, {
        settings: conversationOf(model, firstSettings('')),
        isBeta,
        first: firstSettings(''),
        models: [],
        ffmpegPath: 'no-ffmpeg',
        answerMs,
        requireVoice: async (voice) => {
          if (voice === 'nobody') throw new AppError('voice.not_found', 'There is no such voice.');
        },
        ended: async () => void (ended += 1),
      });
      conversation.follow();
      return conversation;
    },
  });
  const run = session.run(socket as unknown as ClientSocket);
  open.push(async () => {
    socket.leave();
    await run;
  });
  if (model === 'gpt-realtime') await until(() => socket.sent.length > 0);
  return { socket, inner, session, run, endings: () => ended };
}

export const responsesOf = (socket: FrameSocket, type: 'response.created' | 'response.done') =>
  socket.sent.flatMap((event) => (event.type === type ? [event.response] : []));
export const responseDone = (socket: FrameSocket, count = 1) =>
  until(() => responsesOf(socket, 'response.done')[count - 1]);
