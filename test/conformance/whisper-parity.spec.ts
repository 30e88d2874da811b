/** Our f32 decoding against openai-whisper's on the same checkpoint (test/golden/whisper-tiny.en.json, made by `make goldens`). */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Segment, TranscribeOptions, Word } from '../../apps/inference/src/whisper/recognition.types.js';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { describeWithShared, sharedPath } from '../support/shared.js';

interface GoldenSegment {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly number[];
}
/** text, start, end (seconds), probability */
type GoldenWord = readonly [string, number, number, number];
interface Golden {
  readonly utterances: readonly {
    readonly audio: string;
    readonly text: string;
    readonly segments: readonly GoldenSegment[];
    readonly words?: readonly GoldenWord[];
  }[];
  readonly long: {
    readonly audio: readonly string[];
    readonly silenceSeconds: number;
    readonly text: string;
    readonly segments: readonly GoldenSegment[];
  };
}
interface Heard {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly words: readonly Word[];
}

const GREEDY: TranscribeOptions = { language: 'en', temperature: 0, withoutFallback: true };
const SEGMENT_TOLERANCE_MS = 20;
const WORD_TOLERANCE_MS = 40;

describeWithShared('Whisper parity with openai-whisper', () => {
  const golden = JSON.parse(readFileSync('test/golden/whisper-tiny.en.json', 'utf8')) as Golden;
  let rig: RecognitionRig;

  beforeAll(async () => {
    rig = await openRecognition('f32');
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  async function hear(samples: Int16Array, options: TranscribeOptions = {}): Promise<Heard> {
    const transcription = rig.recognizer.transcribe('', samples, { ...GREEDY, ...options });
    const segments: Segment[] = [];
    for await (const segment of transcription) segments.push(segment);
    const { text } = await transcription.summary;
    return { text, segments, words: segments.flatMap((segment) => segment.words) };
  }

  it('writes the same text on at least 97 of 100 recordings, with segment times within 20 ms', async () => {
    expect(golden.utterances).toHaveLength(100);
    const different: string[] = [];
    for (const { audio, text, segments } of golden.utterances) {
      const heard = await hear(await loadAudio(sharedPath('data', audio)));
      if (heard.text !== text.trim()) different.push(`${audio}: ${heard.text} ≠ ${text.trim()}`);
      else
        expect({ audio, ms: largestGap(heard.segments, segments) }).toEqual({
          audio,
          ms: within(SEGMENT_TOLERANCE_MS),
        });
    }
    if (different.length > 3)
      throw new Error(`${different.length} recordings differ:\n${different.join('\n')}`);
    expect(different.length).toBeLessThanOrEqual(3);
  }, 600_000);

  it('puts the same words at the same times', async () => {
    const timed = golden.utterances.filter((utterance) => utterance.words);
    expect(timed.length).toBeGreaterThanOrEqual(5);
    for (const { audio, words = [] } of timed) {
      const heard = await hear(await loadAudio(sharedPath('data', audio)), { wordTimestamps: true });
      expect({ audio, ...compareWords(heard.words, words) }).toEqual({ audio, same: true, late: [] });
    }
  }, 300_000);

  it('walks a long recording by the same windows, with the text so far as prompt', async () => {
    const samples = await joined(golden.long.audio, golden.long.silenceSeconds);
    const heard = await hear(samples);
    expect(heard.text).toBe(golden.long.text.trim());
    expect(largestGap(heard.segments, golden.long.segments)).toEqual(within(SEGMENT_TOLERANCE_MS));
  }, 300_000);
});

function within(limit: number): unknown {
  return {
    asymmetricMatch: (value: unknown) => typeof value === 'number' && value <= limit,
    toString: () => `≤ ${limit}`,
  };
}

/** Largest difference of a start or end, ms; infinite where the counts differ. Empty segments are not given to clients. */
function largestGap(ours: readonly Segment[], golden: readonly GoldenSegment[]): number {
  const theirs = golden.filter((segment) => segment.tokens.length > 0);
  if (theirs.length !== ours.length) return Infinity;
  return Math.max(
    0,
    ...theirs.flatMap(({ start, end }, i) => [gap(ours[i]?.startMs, start), gap(ours[i]?.endMs, end)]),
  );
}

function gap(ourMs: number | undefined, theirSeconds: number): number {
  return Math.abs((ourMs ?? Infinity) - Math.round(theirSeconds * 1000));
}

function compareWords(
  ours: readonly Word[],
  theirs: readonly GoldenWord[],
): { same: boolean; late: unknown[] } {
  const same = ours.map((word) => word.text).join(' ') === theirs.map(([text]) => text.trim()).join(' ');
  const late = theirs.flatMap(([text, start, end], i) => {
    const word = ours[i];
    const ms = Math.max(gap(word?.startMs, start), gap(word?.endMs, end));
    return ms > WORD_TOLERANCE_MS ? [{ text, ms }] : [];
  });
  return { same, late };
}

async function joined(files: readonly string[], silenceSeconds: number): Promise<Int16Array> {
  const pieces = await Promise.all(files.map((file) => loadAudio(sharedPath('data', file))));
  const silence = Math.floor(silenceSeconds * 16_000);
  const whole = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length + silence, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length + silence;
  }
  return whole;
}
