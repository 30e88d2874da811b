import { describe, expect, it } from '@jest/globals';
import type { SessionRecord, TurnRecord } from '@parlance/persistence';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { jsonTranscript, srtTranscript, textTranscript } from './session-transcript.js';

const START = new Date('2026-03-01T10:00:00.000Z');
const after = (seconds: number): Date => new Date(START.getTime() + seconds * 1_000);
const session = { id: '01SESSION', createdAt: START } as SessionRecord;

/** A turn whose speech of 2.4 s ended at a time. */
function turn(sequence: number, at: Date, said: string, replied?: string, spokenMs: readonly number[] = []) {
  const { identity, ...rest } = aTurn({ text: said, sequence });
  const speech = spokenMs.map((durationMs, index) => ({
    index,
    audio: { key: 'k', contentType: 'audio/mpeg', bytes: 1 },
    durationMs,
    engine: 'e',
    voice: 'v',
  }));
  const reply = {
    text: replied,
    sentences: 1,
    model: 'm',
    corrections: [],
    repliedAt: new Date(at.getTime() + 500),
  };
  return {
    ...rest,
    id: identity.turn,
    createdAt: at,
    speech,
    ...(replied === undefined ? {} : { reply }),
  } as unknown as TurnRecord;
}

const turns = [
  turn(1, after(5), 'I go to\nthe market --> yesterday.', 'You went to the market.', [900, 700]),
  turn(2, after(8), 'Yes.', 'Good.'),
  turn(3, after(20), 'Are you there?'),
];

describe('the transcript of a session', () => {
  it('as text has a line for each side of each turn, with its time', () => {
    expect(textTranscript(session, turns).body).toBe(
      [
        '[2026-03-01 10:00:02] User: I go to the market --> yesterday.',
        '[2026-03-01 10:00:05] Assistant: You went to the market.',
        '[2026-03-01 10:00:05] User: Yes.',
        '[2026-03-01 10:00:08] Assistant: Good.',
        '[2026-03-01 10:00:17] User: Are you there?',
        '',
      ].join('\n'),
    );
  });

  it('as subtitles has the times of the session, a reply ending when the user speaks again', () => {
    const { body, contentType } = srtTranscript(session, turns);
    expect(contentType).toBe('application/x-subrip; charset=utf-8');
    expect(body.match(/^\d\d:.*$/gm)).toEqual([
      '00:00:02,600 --> 00:00:05,000',
      '00:00:05,500 --> 00:00:05,600',
      '00:00:05,600 --> 00:00:08,000',
      '00:00:08,500 --> 00:00:09,500',
      '00:00:17,600 --> 00:00:20,000',
    ]);
    expect(body).toContain('User: I go to\nthe market -> yesterday.\n');
  });

  it('as JSON tells both sides, and that a turn has no reply', () => {
    const { turns: told } = jsonTranscript(session, turns);
    expect(told[0]).toMatchObject({
      sequence: 1,
      said: { startedAt: '2026-03-01T10:00:02.600Z', endedAt: '2026-03-01T10:00:05.000Z' },
      replied: { text: 'You went to the market.', at: '2026-03-01T10:00:05.500Z' },
    });
    expect(told[2]?.replied).toBeNull();
  });
});
