import type { TurnRecord, TurnSpeech } from '@parlance/persistence';

/** A turn as clients see it. */
export type TurnView = ReturnType<typeof turnView>;

export type TurnStatus = 'answering' | 'complete' | 'failed';

/** A turn is complete when its reply is written and, where it speaks, the audio of every sentence is stored. */
export function turnStatus(turn: TurnRecord): TurnStatus {
  if (turn.failure) return 'failed';
  if (!turn.reply) return 'answering';
  return !turn.speak || turn.speech.length >= turn.reply.sentences ? 'complete' : 'answering';
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
    measures: turn.measures,
    scores: turn.scores,
    recording: { url: `${self}/recording`, contentType: turn.recording.contentType },
    reply: turn.reply
      ? {
          text: turn.reply.text,
          model: turn.reply.model,
          corrections: turn.reply.corrections,
          sentences: turn.draft.map(({ index, text }) => {
            const speech = spoken.find((one) => one.index === index);
            return {
              index,
              text,
              ...(speech
                ? {
                    audio: {
                      url: `${self}/audio/${index}`,
                      contentType: speech.audio.contentType,
                      durationMs: speech.durationMs,
                      engine: speech.engine,
                      voice: speech.voice,
                    },
                  }
                : {}),
            };
          }),
        }
      : null,
    audio:
      turn.speak && turnStatus(turn) === 'complete' && spoken.length > 0 ? { url: `${self}/audio` } : null,
    error: turn.failure?.error ?? null,
    createdAt: turn.createdAt.toISOString(),
  };
}
