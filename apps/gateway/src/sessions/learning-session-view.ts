import type { EvaluationMeans, SessionRecord } from '@parlance/persistence';

/** A learning session as its routes show it. @param idleMs  after which it expires; 0: it does not */
export function learningSessionView(session: SessionRecord, base: string, idleMs: number) {
  const { id, user, state, settings, context, metadata, lastSequence } = session;
  const { createdAt, lastActiveAt, endedAt, endReason } = session;
  const expiresAt = state === 'active' && idleMs > 0 ? new Date(lastActiveAt.getTime() + idleMs) : undefined;
  return {
    id,
    session_id: id,
    state,
    user_external_id: user ?? null,
    mode_code: context.mode,
    // Null where it is detected turn by turn.
    language_code: settings.language || null,
    scenario_code: context.scenario ?? null,
    lesson_id: context.lesson ?? null,
    enrolment_id: context.enrolment ?? null,
    metadata,
    turn_count: lastSequence,
    url: `${base}/api/v1/sessions/${id}`,
    created_at: createdAt.toISOString(),
    last_active_at: lastActiveAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    closed_at: endedAt?.toISOString() ?? null,
    close_reason: endReason ?? null,
  };
}

/** Means over the marked turns, to one decimal. */
export function evaluationMeansView({ turns, total, ...marks }: EvaluationMeans) {
  const { fluency, vocabulary, grammar, pronunciation } = marks;
  return {
    turns,
    total: rounded(total),
    fluency: rounded(fluency),
    vocabulary: rounded(vocabulary),
    grammar: rounded(grammar),
    pronunciation: rounded(pronunciation),
  };
}

function rounded(mean: number | null): number | null {
  return mean === null ? null : Math.round(mean * 10) / 10;
}
