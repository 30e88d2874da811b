import { once } from 'node:events';
import type { Socket } from 'socket.io';
import type { VoiceServerEvent, VoiceServerEventName, VoiceServerEvents } from '@parlance/contracts';
import type { Caller } from '../auth/caller.js';

/** What the handshake leaves on a socket. */
export interface SocketData {
  principal: Caller;
  /** Frees what the connection holds; only the first call counts. */
  release: () => void;
}

// Events of clients are checked as they come, whatever their names: to Socket.IO they have no types.
export type VoiceIoSocket = Socket<
  Record<string, never>,
  VoiceServerEvents,
  Record<string, never>,
  SocketData
>;

/** Sends to one client at its pace, and to the others of its session at theirs, on whichever replica they are. */
export class EventSocket {
  constructor(private readonly socket: VoiceIoSocket) {}

  /** Sends at once, whatever waits already: for what is rare. */
  notify<Name extends VoiceServerEventName>(name: Name, event: VoiceServerEvent<Name>): void {
    // The names and arguments agree by VoiceServerEvents, which the compiler cannot see through the type parameter.
    (this.socket.emit as (name: string, event: unknown) => boolean).call(this.socket, name, event);
  }

  /** Resolves when the transport has room for more, so that a client that does not read holds up its own events only. */
  async send<Name extends VoiceServerEventName>(name: Name, event: VoiceServerEvent<Name>): Promise<void> {
    const { conn } = this.socket;
    // Where the transport is free it takes the event at once; otherwise it says so when it has taken all that waits.
    const isFree = conn.transport.writable;
    this.notify(name, event);
    if (isFree || !this.socket.connected) return;
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([once(conn, 'drain', { signal }), once(conn, 'close', { signal })]).catch(
      () => undefined,
    );
    over.abort();
  }

  /** Sends to the others in a room. @param isDispensable  left out where a client has no room for it */
  tell<Name extends VoiceServerEventName>(
    room: string,
    name: Name,
    event: VoiceServerEvent<Name>,
    isDispensable = false,
  ): void {
    const others = isDispensable ? this.socket.volatile.to(room) : this.socket.to(room);
    (others.emit as (name: string, event: unknown) => boolean).call(others, name, event);
  }
}
