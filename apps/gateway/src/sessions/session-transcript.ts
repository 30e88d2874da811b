import { toSrt, type Cue } from '@parlance/contracts';
import type { SessionRecord, TurnRecord } from '@parlance/persistence';
import { spokenInOrder } from '../turns/turn-view.js';

/** A transcript as a file. */
export interface TranscriptFile {
  readonly contentType: string;
  readonly body: string;
}

/** Something said, by either side; milliseconds since the session began. */
interface Line extends Cue {
  readonly speaker: 'User' | 'Assistant';
  readonly at: Date;
}

/** How fast a reply that is not spoken is read, and how long it stands at least. */
const READ_MS_PER_CHARACTER = 60;
const MIN_READ_MS = 1_000;

/** Both sides with their times. */
export function jsonTranscript(session: SessionRecord, turns: readonly TurnRecord[]) {
  return {
    session: session.id,
    startedAt: session.createdAt.toISOString(),
    turns: turns.map((turn) => ({
      id: turn.id,
      sequence: turn.sequence,
      language: turn.language,
      said: {
        text: turn.text,
        startedAt: startOf(turn).toISOString(),
        endedAt: turn.createdAt.toISOString(),
      },
      replied: turn.reply ? { text: turn.reply.text, at: turn.reply.repliedAt.toISOString() } : null,
    })),
  };
}

/** One line for each side of each turn, behind its time of day in UTC. */
export function textTranscript(session: SessionRecord, turns: readonly TurnRecord[]): TranscriptFile {
  const lines = linesOf(session, turns).map(({ at, speaker, text }) => {
    const time = at.toISOString().slice(0, 19).replace('T', ' ');
    return `[${time}] ${speaker}: ${text.trim().replace(/\s+/g, ' ')}\n`;
  });
  return { contentType: 'text/plain; charset=utf-8', body: lines.join('') };
}

/** Subtitles from the session's beginning; a reply stands while it is spoken, or for as long as it takes to be read. */
export function srtTranscript(session: SessionRecord, turns: readonly TurnRecord[]): TranscriptFile {
  const subtitles = linesOf(session, turns).map(({ speaker, startMs, endMs, text }) => ({
    startMs,
    endMs,
    text: `${speaker}: ${text}`,
  }));
  return { contentType: 'application/x-subrip; charset=utf-8', body: toSrt(subtitles) };
}

/** In the order of their turns; each ends where the next one begins at the latest. */
function linesOf(session: SessionRecord, turns: readonly TurnRecord[]): Line[] {
  const since = (at: Date): number => Math.max(0, at.getTime() - session.createdAt.getTime());
  const lines = turns.flatMap((turn): Line[] => {
    const [at, endMs] = [startOf(turn), since(turn.createdAt)];
    const said: Line = { speaker: 'User', at, startMs: since(at), endMs, text: turn.text };
    if (!turn.reply) return [said];
    const { text, repliedAt } = turn.reply;
    // The first sentence may be spoken before the reply is whole; it is never before the end of what it answers.
    const startMs = Math.max(endMs, since(repliedAt));
    const reply: Line = {
      speaker: 'Assistant',
      at: repliedAt,
      startMs,
      endMs: startMs + lengthOf(turn, text),
      text,
    };
    return [said, reply];
  });
  return lines.map((line, index) => {
    const next = lines[index + 1]?.startMs ?? Infinity;
    return { ...line, endMs: Math.max(line.startMs, Math.min(line.endMs, next)) };
  });
}

/** When the person began: a turn is stored as soon as its speech has ended. Without measures its last word tells how long it was. */
export function startOf({ createdAt, measures, words }: TurnRecord): Date {
  return new Date(createdAt.getTime() - (measures?.audioMs ?? words.at(-1)?.endMs ?? 0));
}

function lengthOf(turn: TurnRecord, text: string): number {
  const spoken = spokenInOrder(turn).reduce((sum, { durationMs }) => sum + durationMs, 0);
  return spoken || Math.max(MIN_READ_MS, text.length * READ_MS_PER_CHARACTER);
}
