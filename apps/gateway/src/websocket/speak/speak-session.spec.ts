import { describe, expect, it } from '@jest/globals';
import { speakEventSchema, type SpeakEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { FrameSocket } from '../../../../../test/support/frame-socket.js';
import { until } from '../../../../../test/support/until.js';
import { readSpeakSocketQuery } from '../../http/deepgram/speak-query.js';
import type { ClientSocket } from '../client-socket.js';
import { SpeakSession } from './speak-session.js';

const QUERY = readSpeakSocketQuery(new URLSearchParams('model=aura-2-thalia-en'));
const FLUSH = { type: 'Flush' };

/** Stands for the client's socket. */
class SpeakSocket extends FrameSocket<SpeakEvent> {
  /** Types of events, and audio as text. */
  readonly told: string[] = [];
  closedBy: 'nobody' | 'the session' = 'nobody';

  override async send(event: SpeakEvent): Promise<void> {
    expect(speakEventSchema.safeParse(event).error).toBeUndefined();
    if (!this.isClosed) this.told.push(event.type);
    await super.send(event);
  }

  async sendBinary(audio: Buffer): Promise<void> {
    if (!this.isClosed) this.told.push(audio.toString());
  }

  close(): void {
    this.closedBy = 'the session';
    this.leave();
  }

  text(text: string): Promise<void> {
    return this.frame({ type: 'Speak', text });
  }
}

async function* echo(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** Audio that begins and does not end before it is stopped. */
async function* endless(text: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  yield Buffer.from('too late');
}

type Speak = (text: string, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>;

function opened(speak: Speak = async (text) => echo(text), idleMs = 60_000) {
  const socket = new SpeakSocket();
  const session = new SpeakSession({ query: QUERY, idleMs, requireVoice: async () => undefined, speak });
  const run = session.run(socket as unknown as ClientSocket);
  return { socket, session, run };
}

describe('a socket of /v1/speak', () => {
  it('tells its model first, and Flushed behind the audio of what it was sent', async () => {
    const { socket, run } = opened();
    await socket.text('Hello');
    await socket.text(' there.');
    expect(socket.told).toEqual(['Metadata']);
    expect(socket.sent[0]).toMatchObject({ request_id: 'r', model_name: 'aura-2-thalia-en' });
    await socket.frame(FLUSH);
    await until(() => socket.told.at(-1) === 'Flushed');
    await socket.frame(FLUSH);
    await until(() => socket.told.length === 4);
    expect(socket.told).toEqual(['Metadata', 'Hello there.', 'Flushed', 'Flushed']);
    expect(socket.sent.slice(1)).toMatchObject([{ sequence_id: 0 }, { sequence_id: 1 }]);
    socket.leave();
    await run;
  });

  it('speaks whole sentences before it is told to flush', async () => {
    const { socket, run } = opened();
    await socket.text('This is the first sentence of them. And');
    await until(() => socket.told.length === 2);
    expect(socket.told[1]).toBe('This is the first sentence of them.');
    socket.leave();
    await run;
  });

  it('sends nothing behind Cleared of what came before Clear', async () => {
    const { socket, run } = opened(async (text, signal) => endless(text, signal));
    await socket.text('One');
    await socket.frame(FLUSH);
    await socket.text('Two');
    await socket.frame(FLUSH);
    await until(() => socket.told.includes('One'));
    await socket.frame({ type: 'Clear' });
    expect(socket.told).toEqual(['Metadata', 'One', 'Cleared']);
    await socket.text('Three');
    await socket.frame(FLUSH);
    await until(() => socket.told.includes('Three'));
    expect(socket.told).toEqual(['Metadata', 'One', 'Cleared', 'Three']);
    socket.leave();
    await run;
  });

  it('speaks what waits before it closes', async () => {
    const { socket, run } = opened();
    await socket.text('Goodbye');
    await socket.frame({ type: 'Close' });
    await run;
    expect(socket.told).toEqual(['Metadata', 'Goodbye']);
    expect(socket.closedBy).toBe('the session');
  });

  it('warns of a text that cannot be spoken, and goes on', async () => {
    const { socket, run } = opened(async (text) => {
      if (text === '你好') throw new AppError('speech.unsupported_script', 'Han letters');
      return echo(text);
    });
    for (const text of ['你好', 'Hello']) {
      await socket.text(text);
      await socket.frame(FLUSH);
    }
    await until(() => socket.told.length === 5);
    expect(socket.told).toEqual(['Metadata', 'Warning', 'Flushed', 'Hello', 'Flushed']);
    expect(socket.sent[1]).toMatchObject({ code: 'speech.unsupported_script', description: 'Han letters' });
    socket.leave();
    await run;
  });

  it('warns of a text for which too much waits', async () => {
    const { socket, run } = opened(async (text, signal) => endless(text, signal));
    for (let sent = 0; sent < 7; sent += 1) await socket.text(`${'word '.repeat(800)}.`);
    expect(socket.told.filter((type) => type === 'Warning')).toEqual(['Warning', 'Warning']);
    socket.leave();
    await run;
  });

  it('warns of a flush behind too many', async () => {
    const { socket, run } = opened(async (text, signal) => endless(text, signal));
    await socket.text('Hello');
    for (let sent = 0; sent < 1_001; sent += 1) await socket.frame(FLUSH);
    expect(socket.sent.slice(-1)).toMatchObject([{ type: 'Warning', code: 'request.rate_limited' }]);
    expect(socket.told.filter((type) => type === 'Warning')).toHaveLength(1);
    socket.leave();
    await run;
  });

  it('ends where nobody can speak', async () => {
    const { socket, run } = opened(() => Promise.reject(new AppError('upstream.unavailable', 'gone')));
    await socket.text('Hello');
    await socket.frame(FLUSH);
    await run;
    expect(socket.failed).toEqual(['upstream.unavailable']);
  });

  it.each(['{', '{"type":"Dance"}', '{"type":"Speak"}', '{"type":"Flush","now":true}', Buffer.alloc(4)])(
    'ends where it is sent %p',
    async (frame) => {
      const { socket, run } = opened();
      await socket.frame(frame);
      await run;
      expect(socket.failed).toEqual(['request.invalid']);
    },
  );

  it('ends where its client says nothing for too long, but not while it is spoken to', async () => {
    const { socket, run } = opened(async (text, signal) => endless(text, signal), 20);
    await socket.text('Hello');
    await socket.frame(FLUSH);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(socket.failed).toEqual([]);
    await socket.frame({ type: 'Clear' });
    await run;
    expect(socket.failed).toEqual(['stream.idle_timeout']);
  });

  it('is drained with the audio of what was sent', async () => {
    const { socket, session, run } = opened();
    await socket.text('Hello');
    session.drain();
    await run;
    expect(socket.told).toEqual(['Metadata', 'Hello']);
    expect(socket.failed).toEqual(['service.draining']);
  });
});
