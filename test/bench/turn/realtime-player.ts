import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { RealtimeEvent } from '@parlance/contracts';
import { ENDPOINTING_MS } from '../live/live-limits.js';
import { FRAME_MS, PacedSpeech } from './paced-speech.js';

const BYTES_PER_MS = 48;
/** Of a reply so much is played before somebody speaks into it. */
const BEFORE_INTERRUPTION_MS = 400;
const ANSWER_LIMIT_MS = 20_000;

interface Received {
  readonly event: RealtimeEvent;
  readonly at: number;
}

/** A person in conversation with the platform over `/v1/realtime`, in real time. */
export class RealtimePlayer {
  private readonly received: Received[] = [];
  private readonly speech = new PacedSpeech(BYTES_PER_MS, (frame) =>
    this.send({ type: 'input_audio_buffer.append', audio: frame.toString('base64') }),
  );

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as RealtimeEvent;
      if (event.type === 'error') socket.emit('error', new Error(event.error.message));
      this.received.push({ event, at: performance.now() });
    });
  }

  /** @param url  of the gateway */
  static async open(url: string, key: string): Promise<RealtimePlayer> {
    const address = `${url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`;
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${key}` } });
    const player = new RealtimePlayer(socket);
    await once(socket, 'open');
    const turn_detection = { type: 'server_vad', silence_duration_ms: ENDPOINTING_MS };
    const transcription = { model: 'whisper-1', language: 'en' };
    const audio = { input: { turn_detection, transcription } };
    player.send({ type: 'session.update', session: { type: 'realtime', audio } });
    await player.until(() => player.first('session.updated'));
    return player;
  }

  /** Says one utterance and is silent until it is answered.
   *  @param pcm  24 kHz mono s16le that ends with the speech
   *  @returns milliseconds from the end of the speech to the first audio of the answer */
  async play(pcm: Buffer): Promise<number> {
    const before = this.received.length;
    await this.speech.say(pcm);
    const endedAt = performance.now();
    const response = await this.until(() => this.completed(before), true);
    this.speech.rest();
    return (this.firstAudioOf(response) ?? NaN) - endedAt;
  }

  /** Says the first utterance and, into the answer to each, the next one.
   *  @returns milliseconds from the begin of each speech until the client is told to play no more */
  async interrupt(utterances: readonly Buffer[]): Promise<number[]> {
    const [first, ...others] = utterances;
    if (first) await this.play(first);
    const timed: number[] = [];
    for (const pcm of others) {
      await this.speech.beSilent(BEFORE_INTERRUPTION_MS);
      const [begunAt, before] = [this.speech.spokenAt(), this.received.length];
      await this.play(pcm);
      timed.push((this.first('input_audio_buffer.speech_started', before)?.at ?? Infinity) - begunAt);
    }
    return timed;
  }

  close(): void {
    this.socket.close();
  }

  private send(event: object): void {
    this.socket.send(JSON.stringify(event));
  }

  private first(type: RealtimeEvent['type'], from = 0): Received | undefined {
    return this.received.slice(from).find(({ event }) => event.type === type);
  }

  /** The response to the whole utterance: a pause within it may have made it two turns, of which the first one's is cut off. */
  private completed(from: number): string | undefined {
    const events = this.received.slice(from).map(({ event }) => event);
    const open = events.filter(({ type }) => type === 'input_audio_buffer.speech_started').length;
    const stopped = events.filter(({ type }) => type === 'input_audio_buffer.speech_stopped').length;
    const done = events.at(-1);
    if (open === 0 || open > stopped || done?.type !== 'response.done') return undefined;
    return done.response.status === 'completed' ? done.response.id : undefined;
  }

  private firstAudioOf(response: string): number | undefined {
    return this.received.find(
      ({ event }) => event.type === 'response.output_audio.delta' && event.response_id === response,
    )?.at;
  }

  /** @param isListening  whether silence is sent meanwhile */
  private async until<T>(probe: () => T | undefined, isListening = false): Promise<T> {
    const startedAt = performance.now();
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      if (performance.now() - startedAt > ANSWER_LIMIT_MS) throw new Error('A turn was not answered.');
      if (isListening) await this.speech.send(this.speech.silence);
      else await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    }
  }
}
