import type { TurnRecord } from '@parlance/persistence';
import { snakeCased } from '../http/snake-case.js';
import { startOf } from '../sessions/session-transcript.js';
import { turnView } from './turn-view.js';

/** A turn as the routes of learning sessions show it. @param base  what links begin with */
export function learningTurnView(turn: TurnRecord, base: string) {
  const view = turnView(turn, base);
  const { id, session, sequence, status, text, language, feedback, evaluation, error } = view;
  const { createdAt, reply, measures } = turn;
  return {
    id,
    session_id: session,
    sequence,
    status,
    url: `${base}/api/v1/sessions/${session}/turns/${id}`,
    transcript: text,
    language_code: language,
    words: snakeCased(view.words),
    measures: snakeCased(view.measures),
    scores: snakeCased(view.scores),
    error_report: snakeCased(feedback),
    evaluation,
    reply: snakeCased(view.reply),
    timings: {
      started_at: startOf(turn).toISOString(),
      transcribed_at: createdAt.toISOString(),
      replied_at: reply?.repliedAt.toISOString() ?? null,
      reply_ms: reply ? Math.max(0, reply.repliedAt.getTime() - createdAt.getTime()) : null,
      audio_ms: measures?.audioMs ?? null,
      speech_ms: measures?.speechMs ?? null,
    },
    audio: { recording: snakeCased(view.recording), reply: view.audio },
    degraded: view.degraded,
    error,
    created_at: view.createdAt,
  };
}
