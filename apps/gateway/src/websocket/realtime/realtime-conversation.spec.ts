import { afterEach, describe, expect, it } from '@jest/globals';
import { writeWav } from '@parlance/audio';
import type { RealtimeEvent, TurnEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { FrameSocket } from '../../../../../test/support/frame-socket.js';
import { aResult } from '../../../../../test/support/recognition-factory.js';
import { until } from '../../../../../test/support/until.js';
import { EventQueue } from '../../live/event-queue.js';
import type { ConversationEvent, LiveConversation } from '../../live/live-conversation.js';
import type { SpokenUtterance } from '../../live/listening.js';
import type { ReplyOptions } from '../../turns/turn-transcript.js';
import type { ClientSocket } from '../client-socket.js';
import { RealtimeConversation } from './realtime-conversation.js';
import { RealtimeConversationSession } from './realtime-conversation-session.js';

/** A second of silence, as a voice of 24 kHz gives it. */
const SPEECH = writeWav(new Int16Array(24_000), 24_000);
const append = (bytes = 4_800) => ({
  type: 'input_audio_buffer.append',
  audio: Buffer.alloc(bytes).toString('base64'),
});
const update = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } });
const MANUAL = update({ audio: { input: { turn_detection: null } } });
const write = (text: string, parts: object = {}) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }], ...parts },
});
const CREATE = { type: 'response.create' };
const CANCEL = { type: 'response.cancel' };

interface Answered {
  readonly turn: string;
  readonly reply: ReplyOptions;
  readonly text: string;
  readonly utterance?: SpokenUtterance;
}

/** Stands for the live conversation: what is said and answered is up to the test. */
class StandIn {
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
  answer(utterance: SpokenUtterance, turn: string): void {
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

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function opened({ isBeta = false, model = 'gpt-realtime', answerMs = 60_000 } = {}) {
  const socket = new FrameSocket();
  const inner = new StandIn();
  let ended = 0;
  const session = new RealtimeConversationSession({
    idleMs: 60_000,
    handshake: { isTranscription: false, isBeta, model },
    begin: async (client) => {
      const conversation = new RealtimeConversation('s', inner as unknown as LiveConversation, client, {
        model,
        isBeta,
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

const responses = (socket: FrameSocket, type: 'response.created' | 'response.done') =>
  socket.sent.flatMap((event) => (event.type === type ? [event.response] : []));
const done = (socket: FrameSocket, count = 1) => until(() => responses(socket, 'response.done')[count - 1]);
const kinds = (events: readonly RealtimeEvent[]) => [...new Set(events.map(({ type }) => type))];

describe('a conversation of /v1/realtime', () => {
  it('answers what is said, by voice and text', async () => {
    const { socket, inner } = await opened();
    await socket.frame(update({ instructions: 'Be brief.', audio: { input: { transcription: {} } } }));
    await socket.frame(append());
    await inner.endpoint('ENDPOINT_KIND_SPEECH_STARTED');
    await inner.utter(' How are you?');
    const [first] = inner.asked;
    expect(first).toMatchObject({
      text: ' How are you?',
      reply: { speak: true, voice: 'alloy', speed: 1, instructions: 'Be brief.' },
    });
    await inner.replyTo(first!.turn, 'Fine.', 'And you?');
    const response = await done(socket);
    expect(response).toMatchObject({
      id: `resp_${first!.turn}`,
      status: 'completed',
      output: [{ content: [{ type: 'output_audio', transcript: 'Fine. And you?' }] }],
    });
    expect(kinds(socket.sent)).toEqual([
      'session.created',
      'session.updated',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.input_audio_transcription.delta',
      'conversation.item.input_audio_transcription.completed',
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.done',
    ]);
    const audio = socket.sent.flatMap((event) =>
      event.type === 'response.output_audio.delta' || event.type === 'response.audio.delta'
        ? [event.delta]
        : [],
    );
    // Two seconds at 24 kHz.
    expect(Buffer.concat(audio.map((delta) => Buffer.from(delta, 'base64'))).length).toBe(96_000);
  });

  it('tells no transcripts that nobody asked for', async () => {
    const { socket, inner } = await opened();
    await socket.frame(append());
    await inner.utter(' One.');
    expect(socket.types.some((type) => type.includes('transcription'))).toBe(false);
    expect(inner.asked).toHaveLength(1);
  });

  it('answers what is committed when it is asked to, where no turns are detected', async () => {
    const { socket, inner } = await opened();
    await socket.frame(MANUAL);
    expect(inner.isInterruptible).toBe(false);
    await socket.frame(CREATE);
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    await done(socket);
    await socket.frame(append());
    await socket.frame({ type: 'input_audio_buffer.commit' });
    expect(inner.asked).toHaveLength(1);
    await socket.frame(CREATE);
    expect(inner.asked.map(({ text }) => text)).toEqual(['', ' One.']);
    inner.said = [' Two.', ' Three.'];
    await inner.replyTo(inner.asked[1]!.turn, 'Yes.');
    await done(socket, 2);
    await socket.frame(append());
    await socket.frame({ type: 'input_audio_buffer.commit' });
    await socket.frame(write('And four.'));
    await socket.frame(CREATE);
    expect(inner.asked[2]).toMatchObject({ text: 'Two. Three.\nAnd four.' });
    expect(inner.asked[2]!.utterance).toBeUndefined();
  });

  it('creates no response by itself where it is told not to', async () => {
    const { socket, inner } = await opened();
    const detection = { type: 'server_vad', create_response: false };
    await socket.frame(update({ audio: { input: { turn_detection: detection } } }));
    await socket.frame(append());
    await inner.utter(' One.');
    expect(inner.asked).toEqual([]);
    await socket.frame({ ...CREATE, response: { output_modalities: ['text'], metadata: { a: 'b' } } });
    expect(inner.asked[0]).toMatchObject({ text: ' One.', reply: { speak: false } });
    await inner.replyTo(inner.asked[0]!.turn, 'Two.');
    expect(await done(socket)).toMatchObject({ metadata: { a: 'b' }, output_modalities: ['text'] });
    expect(socket.types).toContain('response.output_text.done');
  });

  it('is a text conversation as well, whose items follow each other', async () => {
    const { socket, inner } = await opened();
    await socket.frame(write('Hi.', { id: 'mine' }));
    await socket.frame({ ...write('There.'), previous_item_id: 'mine' });
    await socket.frame(CREATE);
    expect(inner.asked[0]).toMatchObject({ text: 'Hi.\nThere.' });
    const added = socket.sent.flatMap((event) =>
      event.type === 'conversation.item.added' || event.type === 'conversation.item.created' ? [event] : [],
    );
    expect(added[0]).toMatchObject({ previous_item_id: null, item: { id: 'mine', role: 'user' } });
    expect(added[1]?.previous_item_id).toBe('mine');
    await socket.frame(write('Again.', { id: 'mine' }));
    await socket.frame({ ...write('Before.'), previous_item_id: 'root' });
    expect(socket.sent.slice(-2)).toMatchObject([
      { error: { code: 'request.invalid', param: 'item.id' } },
      { error: { code: 'request.invalid', param: 'previous_item_id' } },
    ]);
    expect(inner.calls).toEqual([]);
  });

  it('has one response at a time, which the client may cancel', async () => {
    const { socket, inner } = await opened();
    await socket.frame({ ...CANCEL, event_id: 'too-soon' });
    await socket.frame(write('Hi.'));
    await socket.frame(CREATE);
    await socket.frame({ ...CREATE, event_id: 'second' });
    const [{ turn } = { turn: '' }] = inner.asked;
    await inner.about(turn, 'reply.sentence', { index: 0, text: 'Hello.' });
    await socket.frame({ ...CANCEL, response_id: 'resp_other' });
    await socket.frame({ ...CANCEL, response_id: `resp_${turn}` });
    expect(await done(socket)).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'client_cancelled' },
      output: [{ status: 'incomplete' }],
    });
    const errors = socket.sent.flatMap((event) => (event.type === 'error' ? [event.error] : []));
    expect(errors).toMatchObject([
      { code: 'response_cancel_not_active', event_id: 'too-soon', type: 'invalid_request_error' },
      { code: 'conversation_already_has_active_response', event_id: 'second', param: null },
      { code: 'response_cancel_not_active' },
    ]);
    expect(inner.cuts).toEqual([[turn, undefined]]);
    const told = socket.sent.length;
    await inner.replyTo(turn, 'Hello.', 'Again.');
    expect(socket.sent.length).toBe(told);
    await socket.frame(CREATE);
    expect(inner.asked).toHaveLength(2);
  });

  it('is interrupted by speech while a reply is written, and by what interrupts one that is played', async () => {
    const { socket, inner } = await opened();
    await socket.frame(append());
    await inner.utter(' One.');
    const [first] = inner.asked;
    await inner.endpoint('ENDPOINT_KIND_SPEECH_STARTED', 'u2');
    expect(responses(socket, 'response.done')).toEqual([]);
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED', 'u2');
    expect(await done(socket)).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'turn_detected' },
    });
    expect(inner.cuts).toEqual([[first!.turn, undefined]]);
    await inner.utter(' Two.');
    const second = inner.asked[1]!;
    await inner.tell({ kind: 'interrupted', reply: { turn: second.turn, text: '' } });
    expect(await done(socket, 2)).toMatchObject({ id: `resp_${second.turn}`, status: 'cancelled' });
    await inner.utter(' Three.');
    await inner.utter(' Four.');
    expect(await done(socket, 3)).toMatchObject({ status_details: { reason: 'turn_detected' } });
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.', ' Two.', ' Three.', ' Four.']);
  });

  it('waits for its reply to end where speech may not interrupt it', async () => {
    const { socket, inner } = await opened();
    const detection = { type: 'semantic_vad', interrupt_response: false };
    await socket.frame(update({ audio: { input: { turn_detection: detection } } }));
    expect(inner.isInterruptible).toBe(false);
    await socket.frame(append());
    await inner.utter(' One.');
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED', 'u2');
    await inner.utter(' Two.');
    expect(inner.asked).toHaveLength(1);
    await inner.replyTo(inner.asked[0]!.turn, 'Yes.');
    expect(await done(socket)).toMatchObject({ status: 'completed' });
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.', ' Two.']);
  });

  it('is told by its client what was played', async () => {
    const { socket, inner } = await opened();
    await socket.frame(write('Hi.'));
    await socket.frame(CREATE);
    const [{ turn } = { turn: '' }] = inner.asked;
    await inner.replyTo(turn, 'One two three.', 'Four five six.');
    await done(socket);
    const truncate = (audio_end_ms: number, item_id = `item_${turn}`) => ({
      type: 'conversation.item.truncate',
      item_id,
      content_index: 0,
      audio_end_ms,
    });
    await socket.frame(truncate(700));
    await socket.frame(truncate(2_000));
    expect(inner.cuts).toEqual([[turn, 'One two']]);
    await until(() => socket.types.filter((type) => type === 'conversation.item.truncated').length === 2);
    await socket.frame(truncate(2_001));
    await socket.frame(truncate(0, 'item_of_nobody'));
    expect(socket.sent.slice(-2)).toMatchObject([
      { error: { code: 'request.invalid', param: 'audio_end_ms' } },
      { error: { code: 'request.invalid', param: 'item_id' } },
    ]);
  });

  it('has the reason where a response fails, and goes on', async () => {
    const { socket, inner } = await opened({ answerMs: 30 });
    await socket.frame(write('Hi.'));
    await socket.frame(CREATE);
    const error = { code: 'upstream.unavailable', message: 'Not just now.', retryable: true };
    await inner.about(inner.asked[0]!.turn, 'turn.failed', { stage: 'conversation', error });
    expect(await done(socket)).toMatchObject({
      status: 'failed',
      status_details: { error: { code: 'upstream.unavailable' } },
    });
    inner.refusal = new AppError('session.full', 'full');
    await socket.frame(CREATE);
    expect(await done(socket, 2)).toMatchObject({ status_details: { error: { code: 'session.full' } } });
    inner.refusal = undefined;
    await socket.frame(append());
    await inner.utter(' One.');
    const spoken = new AppError('quota.tokens_exceeded', 'used up');
    await inner.tell({ kind: 'fault', error: spoken, turn: inner.asked[1]!.turn });
    expect(await done(socket, 3)).toMatchObject({ status: 'failed' });
    await socket.frame(CREATE);
    expect(await done(socket, 4)).toMatchObject({
      status_details: { error: { code: 'request.deadline_exceeded' } },
    });
    expect(socket.failed).toEqual([]);
  });

  it('says where a sentence has no sound, and completes', async () => {
    const { socket, inner } = await opened();
    inner.speech = undefined;
    await socket.frame(CREATE);
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    expect(await done(socket)).toMatchObject({ status: 'completed' });
    expect(socket.failed).toEqual(['recording.not_found']);
  });

  it('commits, clears and refuses audio as the buffer has it', async () => {
    const { socket, inner } = await opened();
    await socket.frame({ type: 'input_audio_buffer.commit', event_id: 'c' });
    await socket.frame(append());
    await socket.frame({ type: 'input_audio_buffer.commit', event_id: 'c' });
    expect(inner.calls).toEqual(['start', 'finalize']);
    await inner.endpoint('ENDPOINT_KIND_FINALIZED', '');
    await socket.frame({ type: 'input_audio_buffer.clear' });
    expect(inner.calls.at(-1)).toBe('drop');
    expect(socket.types.at(-1)).toBe('input_audio_buffer.cleared');
    expect(socket.faults()).toEqual(['audio.empty', 'audio.empty']);
    await socket.frame(append());
    await inner.tell({
      kind: 'fault',
      error: new AppError('inference.interrupted', 'gone'),
      isOfSpeech: true,
    });
    expect(socket.faults().at(-1)).toBe('inference.interrupted');
  });

  it('keeps its settings where an option is refused, and names it', async () => {
    const { socket, inner } = await opened();
    await socket.frame(update({ audio: { output: { voice: 'nobody' } } }));
    await socket.frame({ ...CREATE, response: { audio: { output: { voice: 'nobody' } } } });
    inner.refusal = new AppError('model.not_found', 'There is no such model.');
    await socket.frame(update({ audio: { input: { transcription: { model: 'whisper-of-nobody' } } } }));
    inner.refusal = undefined;
    await socket.frame(update({ tools: [{ type: 'function', name: 'weather' }] }));
    expect(socket.sent.slice(1)).toMatchObject([
      { error: { code: 'voice.not_found', param: 'session.audio.output.voice' } },
      { error: { code: 'voice.not_found', param: 'response.audio.output.voice' } },
      { error: { code: 'model.not_found', param: 'session.audio.input.transcription.model' } },
      { error: { code: 'request.invalid', param: 'session.tools' } },
    ]);
    await socket.frame(MANUAL);
    await socket.frame(append());
    await socket.frame(update({ audio: { input: { format: { type: 'audio/pcmu' } } } }));
    expect(socket.faults().at(-1)).toBe('request.invalid');
    await socket.frame(update({ instructions: 'New.' }));
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'session.updated',
      session: {
        instructions: 'New.',
        audio: { input: { turn_detection: null }, output: { voice: 'alloy' } },
      },
    });
  });

  it('answers what is no event by an error, and goes on', async () => {
    const { socket, inner } = await opened();
    for (const frame of ['{', '[]', Buffer.alloc(4), { type: 'dance' }, { ...append(), audio: 'ä' }])
      await socket.frame(frame);
    expect(socket.faults()).toEqual(Array(5).fill('request.invalid'));
    await socket.frame(append());
    expect(inner.calls).toEqual(['start']);
    expect(socket.failed).toEqual([]);
  });

  it('speaks the beta to a client that asks by it, until it asks otherwise', async () => {
    const { socket, inner } = await opened({ isBeta: true });
    expect(socket.sent[0]).toMatchObject({ session: { modalities: ['text', 'audio'], voice: 'alloy' } });
    await socket.frame({ type: 'session.update', session: { voice: 'echo', turn_detection: null } });
    await socket.frame(write('Hi.'));
    await socket.frame({ ...CREATE, response: { modalities: ['audio', 'text'] } });
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    await done(socket);
    expect(socket.types).toEqual(
      expect.arrayContaining([
        'conversation.item.created',
        'response.audio.delta',
        'response.audio_transcript.done',
      ]),
    );
    expect(socket.types).not.toContain('conversation.item.added');
    await socket.frame(update({ output_modalities: ['text'] }));
    expect(socket.sent.at(-1)).toMatchObject({ session: { output_modalities: ['text'] } });
  });

  it('is closed where it is of no such model', async () => {
    const { socket, run } = await opened({ model: 'llama' });
    await run;
    expect(socket.failed).toEqual(['model.not_found']);
    expect(socket.sent).toEqual([]);
  });

  it('ends with its client, and no event behind that does harm', async () => {
    const { socket, inner, run, endings } = await opened();
    await socket.frame(append());
    await socket.frame(CREATE);
    socket.leave();
    await run;
    expect(endings()).toBeGreaterThan(0);
    const told = socket.sent.length;
    for (const event of [append(), CREATE, CANCEL, write('Hi.'), { type: 'input_audio_buffer.clear' }])
      await socket.frame(event);
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED');
    expect(socket.sent.length).toBe(told);
  });

  it('is drained with what was said answered', async () => {
    const { socket, inner, session, run } = await opened();
    await socket.frame(append());
    session.drain();
    await run;
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.']);
    expect(socket.failed).toEqual(['service.draining']);
  });
});
