import { describe, expect, it } from '@jest/globals';
import { fixedPauseMs, longestPauseMs, VAD_FRAME_SAMPLES } from '@parlance/vad';
import { PauseJudge, type Pause } from './pause-judge.js';

const SPEECH_TO = 100 * VAD_FRAME_SAMPLES;
const SIGNAL = new AbortController().signal;

function judgeOf(probability: number | Error) {
  const asked: number[] = [];
  const faults: unknown[] = [];
  const model = {
    probability: (samples: Float32Array) => {
      asked.push(samples.length);
      return probability instanceof Error ? Promise.reject(probability) : Promise.resolve(probability);
    },
  };
  const judge = new PauseJudge(model, 'medium', (error) => faults.push(error));
  /** The limit after so many frames of silence. */
  const at = (frames: number, text?: string): Promise<number> => {
    const position = SPEECH_TO + frames * VAD_FRAME_SAMPLES;
    const pause: Pause = {
      audioFrom: 0,
      speechTo: SPEECH_TO,
      position,
      text: text === undefined ? undefined : { text, language: 'en' },
      audio: (from, to) => new Float32Array(to - from),
    };
    return judge.judge(pause, SIGNAL);
  };
  return { judge, asked, faults, at };
}

describe('PauseJudge', () => {
  it('asks once, after 192 ms of silence, about the utterance into its pause', async () => {
    const { asked, at } = judgeOf(0.99);
    expect(await at(1)).toBe(longestPauseMs('medium'));
    for (let frames = 2; frames < 12; frames++) await at(frames);
    expect(asked).toEqual([106 * VAD_FRAME_SAMPLES]);
  });

  it('lets a finished sentence end soon and an unfinished one wait', async () => {
    expect(await judgeOf(0.999).at(6)).toBeLessThan(700);
    expect(await judgeOf(0.001).at(6)).toBeGreaterThan(2000);
  });

  it('judges again by the text, once', async () => {
    const { judge, at } = judgeOf(0.8);
    const bySound = await at(6);
    const byText = await at(15, 'I would like to go to the');
    expect(byText).toBeGreaterThan(bySound);
    expect(judge.probability).toBeLessThan(0.5);
    expect(await at(16, 'I would like to go.')).toBe(byText);
  });

  it('ends a finished text sooner than an open one', async () => {
    const finished = judgeOf(0.5);
    const open = judgeOf(0.5);
    await finished.at(6);
    await open.at(6);
    expect(await finished.at(15, 'I have been there twice.')).toBeLessThan(
      await open.at(15, 'I have been there twice,'),
    );
  });

  it('forgets a pause when the next one begins', async () => {
    const { asked, judge, at } = judgeOf(0.99);
    await at(6);
    expect(await at(1)).toBe(longestPauseMs('medium'));
    expect(judge.probability).toBeUndefined();
    await at(6);
    expect(asked.length).toBe(2);
  });

  it('ends by a fixed silence, and tells why, where the model cannot be asked', async () => {
    const { faults, at } = judgeOf(new Error('lost'));
    expect(await at(6)).toBe(fixedPauseMs('medium'));
    expect(await at(7, 'I would like to go to the')).toBe(fixedPauseMs('medium'));
    expect(faults).toEqual([expect.objectContaining({ message: 'lost' })]);
  });
});
