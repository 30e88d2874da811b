import type { SessionRecord, TurnRecord } from '@parlance/persistence';
import { turnStatus, type TurnStatus } from '../turns/turn-view.js';

/** What a session is doing, for a client that joins it. */
export interface VoiceState {
  /** `processing`: the newest turn is being answered. */
  readonly status: 'ready' | 'processing' | 'ended';
  readonly lastTurn: { readonly id: string; readonly sequence: number; readonly status: TurnStatus } | null;
}

/** @param newest  the session's newest turn, as far as it is stored */
export function voiceState({ status }: SessionRecord, newest: TurnRecord | undefined): VoiceState {
  const lastTurn = newest ? { id: newest.id, sequence: newest.sequence, status: turnStatus(newest) } : null;
  if (status === 'ended') return { status, lastTurn };
  return { status: lastTurn?.status === 'answering' ? 'processing' : 'ready', lastTurn };
}

/** A session as clients see it. @param base  what links begin with: the public address, or nothing for paths */
export function sessionView(session: SessionRecord, base: string) {
  const { id, user, status, settings, context, createdAt, lastActiveAt, endedAt, endReason } = session;
  return {
    id,
    user: user ?? null,
    status,
    url: `${base}/api/v1/voice/sessions/${id}`,
    settings,
    context,
    createdAt: createdAt.toISOString(),
    lastActiveAt: lastActiveAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    endReason: endReason ?? null,
  };
}

/** Where each API takes the session's speech. Without a public address these are paths. */
export function socketAddresses({ id }: SessionRecord, base: string) {
  const sockets = base.replace(/^http/, 'ws');
  return {
    socketio: { url: `${base}/voice`, path: '/socket.io/' },
    listen: `${sockets}/v1/listen?converse=true&session=${id}`,
    learn: `${sockets}/v1/learn`,
    stream: `${sockets}/v1/stream`,
  };
}
