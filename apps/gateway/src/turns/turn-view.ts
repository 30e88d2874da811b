import type { TurnRecord, TurnSpeech } from '@parlance/persistence';

/** A turn as clients see it. */
export type TurnView = ReturnType<typeof turnView>;

export type TurnStatus = 'answering' | 'complete' | 'failed';

/** A turn is complete when its reply is written and, where it speaks, the audio of every sentence is stored, or known not to come. */
export function turnStatus(turn: TurnRecord): TurnStatus {
  if (turn.failure) return 'failed';
  if (!turn.reply) return 'answering';
  const dealtWith = turn.speech.length + turn.unspoken.length;
  return !turn.speak || dealtWith >= turn.reply.sentences ? 'complete' : 'answering';
}

/** The sentences whose audio is stored, in the reply's order. */
export function spokenInOrder(turn: TurnRecord): TurnSpeech[] {
  return [...turn.speech].sort((one, other) => one.index - other.index);
}

/** @param base  what links begin with: the public address, or nothing for paths */
export function turnView(turn: TurnRecord, base: string) {
  const self = `${base}/api/v1/turns/${turn.id}`;
  const spoken = spokenInOrder(turn);
  return {
    id: turn.id,
    session: turn.session,
    sequence: turn.sequence,
    status: turnStatus(turn),
    url: self,
    text: turn.text,
    language: turn.language,
    words: turn.words,
    // Null where a remote recogniser answered, and of a turn that came as text.
    measures: turn.measures ?? null,
    scores: turn.scores ?? null,
    degraded: turn.degraded ?? [],
    recording: turn.recording ? { url: `${self}/recording`, contentType: turn.recording.contentType } : null,
    reply: turn.reply
      ? {
          text: turn.reply.text,
          model: turn.reply.model,
          corrections: turn.reply.corrections,
          degraded: turn.reply.degraded ?? [],
          sentences: turn.draft.map(({ index, text }) => {
            const speech = spoken.find((one) => one.index === index);
            const unspoken = turn.unspoken.find((one) => one.index === index);
            return {
              index,
              text,
              ...(unspoken ? { unspoken: { error: unspoken.error, degraded: unspoken.degraded } } : {}),
              ...(speech
                ? {
                    audio: {
                      url: `${self}/audio/${index}`,
                      contentType: speech.audio.contentType,
                      durationMs: speech.durationMs,
                      engine: speech.engine,
                      voice: speech.voice,
                      words: speech.words,
                      ...(speech.degraded ? { degraded: speech.degraded } : {}),
                    },
                  }
                : {}),
            };
          }),
        }
      : null,
    /** Null until it is written, which is after the reply. */
    feedback: turn.feedback ?? null,
    /** As the feedback. */
    evaluation: turn.evaluation ?? null,
    /** Null where the session does not ask for it, and until it is made. */
    assessment: turn.assessment ?? null,
    audio:
      turn.speak && turnStatus(turn) === 'complete' && spoken.length > 0 ? { url: `${self}/audio` } : null,
    error: turn.failure?.error ?? null,
    createdAt: turn.createdAt.toISOString(),
  };
}
