import { describe, expect, it } from '@jest/globals';
import type { ListenEvent } from '@parlance/contracts';
import { outcomeOf } from './listen-stream.js';

type Results = Extract<ListenEvent, { type: 'Results' }>;

/** Seconds, as the protocol has them. */
function results(utterance: string, isFinal: boolean, start: number, end: number, stable = 0): Results {
  return {
    type: 'Results',
    channel_index: [0, 1],
    utterance_id: utterance,
    start,
    duration: end - start,
    is_final: isFinal,
    speech_final: isFinal,
    from_finalize: false,
    stable_length: stable,
    stability: 1,
    language: 'en',
    channel: {
      alternatives: [
        {
          transcript: 'hello there',
          confidence: 1,
          words: isFinal
            ? [{ word: 'hello', start, end: start + 0.4, confidence: 1, punctuated_word: 'hello' }]
            : [],
        },
      ],
    },
    metadata: { request_id: 'r', model_uuid: 'm', model_info: { name: 'm', version: 'v', arch: 'whisper' } },
  };
}

describe('what a live stream client saw', () => {
  const turns = [
    { utterance: 0, startMs: 1_000, endMs: 3_000 },
    { utterance: 1, startMs: 5_000, endMs: 7_000 },
  ];

  it('counts a final from the end of the speech it covers, and one that is missing as never', () => {
    const received = [{ event: results('a', true, 1, 3), atMs: 3_450 }];
    expect(outcomeOf(turns, received).finals).toEqual([450, Infinity]);
  });

  it('waits for the last final of an utterance that a pause cut in two', () => {
    const received = [
      { event: results('a', true, 1, 1.8), atMs: 2_300 },
      { event: results('b', true, 2.1, 3), atMs: 3_500 },
      { event: results('c', true, 5, 7), atMs: 7_200 },
    ];
    expect(outcomeOf(turns, received).finals).toEqual([500, 200]);
  });

  it('times the first word from its end to the first event that keeps it, and the gaps between hypotheses', () => {
    const received = [
      { event: results('a', false, 1, 1.6), atMs: 1_700 },
      { event: results('a', false, 1, 2.1, 6), atMs: 2_200 },
      { event: results('a', true, 1, 3), atMs: 3_300 },
    ];
    const outcome = outcomeOf(turns.slice(0, 1), received);
    expect(outcome.firstWords).toEqual([800]);
    expect(outcome.interimGaps).toEqual([500]);
  });
});
