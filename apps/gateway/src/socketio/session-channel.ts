import type { VoiceServerEvent, VoiceServerEventName } from '@parlance/contracts';
import { toAppError, toErrorBody } from '@parlance/errors';
import { useBrowserEvent } from './browser-recognition.js';
import type { EventSocket } from './event-socket.js';
import type { InboundQueue } from './inbound-queue.js';

/** What a client's socket lends to the session that it has joined. */
export interface SessionSocket {
  readonly client: EventSocket;
  readonly requestId: string;
  /** What changes a session's recording passes it. */
  readonly queue: InboundQueue;
  /** Tells a fault that arose while nobody waits. */
  report(error: unknown, about: Partial<VoiceServerEvent<'voice:error'>>): void;
}

/** What only the replica with the recording knows, and everybody in the session is told. */
export type SharedEventName =
  | 'voice:recording-started'
  | 'voice:recording-stopped'
  | 'voice:transcribed'
  | 'voice:assessed'
  | 'voice:processing'
  | 'voice:playback-paused'
  | 'voice:playback-resumed';

/** Room of everybody who has joined a session. */
export function sessionRoom(session: string): string {
  return `session:${session}`;
}

/** Tells of one session: its client, and the others who have joined it. */
export class SessionChannel {
  /** @param id  the session's */
  constructor(
    readonly id: string,
    readonly socket: SessionSocket,
  ) {}

  /** To the client alone; resolves when its connection has room for more. */
  async send<Name extends VoiceServerEventName>(name: Name, event: VoiceServerEvent<Name>): Promise<void> {
    await this.socket.client.send(name, event);
  }

  /** To the client, and to the others of the session. @param isDispensable  the others may do without it */
  async share<Name extends SharedEventName>(
    name: Name,
    event: VoiceServerEvent<Name>,
    isDispensable = false,
  ): Promise<void> {
    this.socket.client.tell(sessionRoom(this.id), name, event, isDispensable);
    await this.socket.client.send(name, event);
  }

  /** Tells a fault that nobody waits for. */
  report(error: unknown, about: Partial<VoiceServerEvent<'voice:error'>> = {}): void {
    this.socket.report(error, { sessionId: this.id, ...about });
  }

  /** Asks the client to recognise by itself. @param faults  why; none where the session wants it so */
  async askForBrowser(faults: readonly unknown[]): Promise<void> {
    const errors = faults.map((fault) => toErrorBody(toAppError(fault), this.socket.requestId).error);
    await this.send('voice:use-browser-stt', useBrowserEvent(this.id, errors));
  }

  /** For timers: works in its turn behind what the client has sent; a fault is the client's to know. */
  inTurn(work: () => Promise<void>): void {
    this.socket.queue.append(0, work).catch((error: unknown) => this.report(error));
  }
}
