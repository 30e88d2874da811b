import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TranscriptPace, type PacedTranscript } from './transcript-pace.js';

const transcript = (text: string, isFinal = false): PacedTranscript => ({
  type: 'transcript',
  utterance_id: 'u1',
  text,
  is_final: isFinal,
  language: 'en',
  start_ms: 0,
  end_ms: 400,
});

describe('the pace of transcripts', () => {
  let sent: string[];
  let pace: TranscriptPace;
  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    pace = new TranscriptPace(async ({ text }) => void sent.push(text));
  });
  afterEach(() => {
    pace.stop();
    jest.useRealTimers();
  });

  it('is at least one a second while somebody speaks, with the newest interim or none yet', async () => {
    pace.begin('u1', 0);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual(['']);
    pace.sent(transcript('I go'));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(sent).toEqual(['', 'I go', 'I go']);
  });

  it('repeats nothing behind a final, nor when the utterance is over', async () => {
    pace.sent(transcript('I go'));
    pace.sent(transcript('I go home.', true));
    await jest.advanceTimersByTimeAsync(3_000);
    pace.begin('u2', 900);
    pace.stop();
    await jest.advanceTimersByTimeAsync(3_000);
    expect(sent).toEqual([]);
  });

  it('sends nothing to a client that has not read what was sent before, and survives one that fails', async () => {
    let failed = 0;
    const stuck = new TranscriptPace(() => new Promise(() => (failed += 1)));
    stuck.begin('u1', 0);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(failed).toBe(1);
    stuck.stop();
    const failing = new TranscriptPace(() => Promise.reject(new Error('closed')));
    failing.begin('u1', 0);
    await jest.advanceTimersByTimeAsync(5_000);
    failing.stop();
  });
});
