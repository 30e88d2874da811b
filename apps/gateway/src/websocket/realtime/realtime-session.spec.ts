import { describe, expect, it } from '@jest/globals';
import type { StreamingRecognizeRequest } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { FrameSocket } from '../../../../../test/support/frame-socket.js';
import { until } from '../../../../../test/support/until.js';
import { EventQueue } from '../../live/event-queue.js';
import type { LiveStream, RecognitionEvent } from '../../recognition/live-stream.js';
import type { ClientSocket } from '../client-socket.js';
import { RealtimeSession } from './realtime-session.js';
import { firstSettings } from './realtime-settings.js';
import { RealtimeTranscription } from './realtime-transcription.js';

const HANDSHAKE = { isTranscription: true, isBeta: false, model: '' };
const MANUAL = {
  type: 'session.update',
  session: { type: 'transcription', audio: { input: { turn_detection: null } } },
};
const append = (bytes = 4_800) => ({
  type: 'input_audio_buffer.append',
  audio: Buffer.alloc(bytes).toString('base64'),
});
const COMMIT = { type: 'input_audio_buffer.commit', event_id: 'my-commit' };
const CLEAR = { type: 'input_audio_buffer.clear' };

/** Stands for recognition: keeps what is sent, and answers an end by a final. */
class Stream implements LiveStream {
  readonly events = new EventQueue<RecognitionEvent>();
  bytes = 0;
  isCancelled = false;
  hasEnded = false;
  constructor(private readonly text = ' One.') {}

  async send({ audio }: StreamingRecognizeRequest): Promise<void> {
    this.bytes += (audio as Buffer | undefined)?.length ?? 0;
  }

  end(): void {
    this.hasEnded = true;
    const result = {
      utteranceId: 'u',
      text: this.text,
      isFinal: true,
      stableLength: 5,
      startMs: 0,
      endMs: 100,
    };
    void this.events.put({ result } as RecognitionEvent);
    this.events.end();
  }

  cancel(): void {
    this.isCancelled = true;
    this.events.fail(new AppError('request.cancelled', 'cancelled'));
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecognitionEvent> {
    return this.events[Symbol.asyncIterator]();
  }
}

function opened(open?: () => Promise<Stream>, handshake = HANDSHAKE, idleMs = 60_000) {
  const socket = new FrameSocket();
  const streams: Stream[] = [];
  const openStream = async (): Promise<LiveStream> => {
    const stream = open ? await open() : new Stream();
    streams.push(stream);
    return stream;
  };
  const session = new RealtimeSession({
    idleMs,
    isBeta: handshake.isBeta,
    begin: (client) =>
      new RealtimeTranscription(client, {
        first: firstSettings(handshake.model),
        isBeta: handshake.isBeta,
        ffmpegPath: 'no-ffmpeg',
        openStream,
      }),
  });
  const run = session.run(socket as unknown as ClientSocket);
  return { socket, session, run, streams };
}

describe('a socket of /v1/realtime', () => {
  it('opens recognition with the first audio and decodes it to 16 kHz', async () => {
    const { socket, streams, run } = opened();
    await until(() => socket.sent.length > 0);
    expect(socket.types).toEqual(['session.created']);
    expect(streams).toEqual([]);
    for (let sent = 0; sent < 10; sent += 1) await socket.frame(append());
    expect(streams.length).toBe(1);
    // The resampler holds a few milliseconds back.
    expect(streams[0]?.bytes).toBeGreaterThan(31_000);
    socket.leave();
    await run;
    expect(streams[0]?.isCancelled).toBe(true);
  });

  it('makes each commit one item with one transcript', async () => {
    const { socket, streams, run } = opened();
    await socket.frame(MANUAL);
    for (let round = 0; round < 2; round += 1) {
      await socket.frame(append());
      await socket.frame(COMMIT);
    }
    await until(() => socket.types.filter((type) => type.endsWith('completed')).length === 2);
    const committed = socket.sent.filter((event) => event.type === 'input_audio_buffer.committed');
    expect(committed[1]).toMatchObject({ previous_item_id: (committed[0] as { item_id: string }).item_id });
    expect(streams.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
    expect(socket.faults()).toEqual([]);
    socket.leave();
    await run;
  });

  it('refuses a commit of nothing by the id of its event', async () => {
    const { socket, run } = opened();
    await socket.frame(MANUAL);
    await socket.frame(COMMIT);
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'input_audio_buffer_commit_empty',
        event_id: 'my-commit',
      },
    });
    socket.leave();
    await run;
  });

  it('forgets what is cleared', async () => {
    const { socket, streams, run } = opened();
    await socket.frame(MANUAL);
    await socket.frame(append());
    await socket.frame(CLEAR);
    await socket.frame(COMMIT);
    expect(streams[0]?.isCancelled).toBe(true);
    expect(socket.types.slice(2)).toEqual(['input_audio_buffer.cleared', 'error']);
    socket.leave();
    await run;
  });

  it('answers what is no event by an error, and goes on', async () => {
    const { socket, run, streams } = opened();
    await until(() => socket.sent.length > 0);
    for (const frame of ['{', '[]', Buffer.alloc(4), { type: 'dance' }]) await socket.frame(frame);
    await socket.frame({ ...append(), audio: 'ä' });
    expect(socket.faults()).toEqual(Array(5).fill('request.invalid'));
    await socket.frame(append());
    expect(streams.length).toBe(1);
    expect([...socket.failed, ...socket.reported]).toEqual([]);
    socket.leave();
    await run;
  });

  it('keeps its settings where recognition refuses others, and names the option', async () => {
    let isRefused = false;
    const { socket, run } = opened(async () => {
      if (isRefused) throw new AppError('model.not_found', 'There is no such model.');
      return new Stream();
    });
    await socket.frame(MANUAL);
    isRefused = true;
    const transcription = { model: 'whisper-of-nobody' };
    await socket.frame({
      ...MANUAL,
      session: { type: 'transcription', audio: { input: { transcription } } },
    });
    const beta = { input_audio_transcription: transcription };
    await socket.frame({ type: 'transcription_session.update', session: beta });
    expect(socket.sent.slice(2)).toMatchObject([
      { error: { code: 'model.not_found', param: 'session.audio.input.transcription.model' } },
      { error: { code: 'model.not_found', param: 'session.input_audio_transcription.model' } },
    ]);
    await socket.frame(append());
    await socket.frame(COMMIT);
    await until(() => socket.types.at(-1)?.endsWith('completed'));
    socket.leave();
    await run;
  });

  it('lets audio of earlier settings be committed first', async () => {
    const { socket, run } = opened();
    await socket.frame(MANUAL);
    await socket.frame(append());
    const format = { type: 'audio/pcmu' };
    const update = { ...MANUAL, session: { type: 'transcription', audio: { input: { format } } } };
    await socket.frame(update);
    expect(socket.faults()).toEqual(['request.invalid']);
    await socket.frame(COMMIT);
    await socket.frame(update);
    await until(() => socket.types.includes('conversation.item.input_audio_transcription.completed'));
    expect(socket.types.filter((type) => type === 'session.updated').length).toBe(2);
    socket.leave();
    await run;
  });

  it('says once that nobody recognises, and tries again later', async () => {
    let tries = 0;
    const { socket, run } = opened(async () => {
      tries += 1;
      throw new AppError('inference.overloaded', 'full', { retryAfterSeconds: 0.05 });
    });
    for (let sent = 0; sent < 5; sent += 1) await socket.frame(append());
    expect(socket.faults()).toEqual(['inference.overloaded']);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await socket.frame(append());
    expect(tries).toBe(2);
    socket.leave();
    await run;
  });

  it('goes on behind recognition that has broken off', async () => {
    const { socket, streams, run } = opened();
    await socket.frame(append());
    streams[0]?.events.fail(new AppError('inference.interrupted', 'gone'));
    await until(() => socket.faults().length > 0);
    await until(async () => {
      await socket.frame(append());
      return streams.length === 2;
    });
    expect(socket.faults()).toEqual(['inference.interrupted']);
    socket.leave();
    await run;
  });

  it('is closed where its client says nothing for too long', async () => {
    const { socket, run } = opened(undefined, HANDSHAKE, 20);
    await run;
    expect(socket.failed).toEqual(['stream.idle_timeout']);
  });

  it('is drained with the transcript of what was said', async () => {
    const { socket, session, run } = opened();
    await socket.frame(append());
    session.drain();
    await run;
    expect(socket.types.at(-1)).toBe('conversation.item.input_audio_transcription.completed');
    expect(socket.failed).toEqual(['service.draining']);
  });

  it('speaks the beta to a client that asks by it', async () => {
    const { socket, run } = opened(undefined, { ...HANDSHAKE, isBeta: true });
    await socket.frame({ type: 'transcription_session.update', session: { turn_detection: null } });
    await socket.frame(append());
    await socket.frame(COMMIT);
    await until(() => socket.types.at(-1)?.endsWith('completed'));
    expect(socket.types.slice(0, 4)).toEqual([
      'transcription_session.created',
      'transcription_session.updated',
      'input_audio_buffer.committed',
      'conversation.item.created',
    ]);
    socket.leave();
    await run;
  });
});
