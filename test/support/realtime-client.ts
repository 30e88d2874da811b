import type { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type {
  RealtimeClientEvent,
  RealtimeSessionCreateRequest,
  TranscriptionSessionUpdate,
} from 'openai/resources/realtime/realtime';
import type { RealtimeEvent } from '@parlance/contracts';
import { until } from './until.js';

/** Several types may be of one shape. */
type EventOf<Type extends RealtimeEvent['type'], One = RealtimeEvent> = One extends {
  readonly type: infer Types;
}
  ? Type extends Types
    ? One
    : never
  : never;
type Input = NonNullable<
  NonNullable<
    Extract<
      Extract<RealtimeClientEvent, { type: 'session.update' }>['session'],
      { type: 'transcription' }
    >['audio']
  >['input']
>;

/** Frames of audio, as clients send them. */
const FRAME_MS = 100;

/** OpenAI's own client of the Realtime API, which keeps what it receives. */
export class RealtimeClient {
  readonly events: RealtimeEvent[] = [];
  /** When each event came, milliseconds of a monotonic clock. */
  readonly times: number[] = [];
  readonly sent: { readonly type: string }[] = [];
  /** What the client itself says is wrong: events of that name, and what keeps it from being connected. */
  readonly errors: string[] = [];

  constructor(readonly theirs: OpenAIRealtimeWS | OpenAIRealtimeWebSocket) {
    theirs.on('event', (event) => {
      this.events.push(event as RealtimeEvent);
      this.times.push(performance.now());
    });
    // Without a listener the client would reject a promise that nobody has.
    theirs.on('error', (error) => this.errors.push(error.message));
  }

  send(event: RealtimeClientEvent | TranscriptionSessionUpdate): this {
    this.theirs.send(event as RealtimeClientEvent);
    this.sent.push(event);
    return this;
  }

  /** Anything else that a socket takes. */
  sendRaw(frame: string | Buffer): this {
    this.theirs.socket.send(frame);
    return this;
  }

  update(input: Input): this {
    return this.send({ type: 'session.update', session: { type: 'transcription', audio: { input } } });
  }

  /** Settings of a conversation. */
  configure(session: Omit<RealtimeSessionCreateRequest, 'type'>): this {
    return this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  }

  /** A message of the user, in text. */
  write(text: string): this {
    const content = [{ type: 'input_text' as const, text }];
    return this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  }

  /** Appends audio in frames, `speed` times as fast as it was spoken. @param bytesPerMs  48 for samples at 24 kHz, 8 for G.711 */
  async speak(audio: Buffer, speed = 4, bytesPerMs = 48): Promise<this> {
    const frame = FRAME_MS * bytesPerMs;
    for (let at = 0; at < audio.length; at += frame) {
      this.append(audio.subarray(at, at + frame));
      await new Promise((resolve) => setTimeout(resolve, FRAME_MS / speed));
    }
    return this;
  }

  append(audio: Buffer): this {
    return this.send({ type: 'input_audio_buffer.append', audio: audio.toString('base64') });
  }

  of<Type extends RealtimeEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The event of a type that comes as the `nth`, 1 for the first. */
  next<Type extends RealtimeEvent['type']>(type: Type, nth = 1, limitMs = 30_000): Promise<EventOf<Type>> {
    return until(() => this.of(type)[nth - 1], limitMs);
  }

  /** The transcript of the item that is completed as the `nth`. */
  async transcript(nth = 1): Promise<string> {
    return (await this.next('conversation.item.input_audio_transcription.completed', nth)).transcript;
  }

  close(): void {
    this.theirs.close();
  }
}
