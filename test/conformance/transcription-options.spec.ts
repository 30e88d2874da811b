/** Our f32 decoding against openai-whisper's transcribe() options (test/golden/transcription-options.json, made by tools/dev/goldens). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Segment, TranscribeOptions } from '@parlance/whisper';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';

interface GoldenCase {
  readonly name: string;
  /** Recordings, and seconds of digital silence. */
  readonly parts: readonly (string | number)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly tokens: readonly number[];
  }[];
  readonly words?: readonly (readonly [text: string, start: number, end: number, probability: number])[];
}

const SEGMENT_TOLERANCE_MS = 20;
const WORD_TOLERANCE_MS = 60;

describe("transcribe's options, as openai-whisper has them", () => {
  const { cases } = JSON.parse(readFileSync('test/golden/transcription-options.json', 'utf8')) as {
    cases: readonly GoldenCase[];
  };
  let rig: RecognitionRig;
  beforeAll(async () => {
    rig = await openRecognition('f32');
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  it.each(cases.map((golden) => [golden.name, golden] as const))(
    '%s: the same text, segments and words',
    async (_, golden) => {
      const transcription = rig.recognizer.transcribe('', await joined(golden.parts), optionsOf(golden));
      const segments: Segment[] = [];
      for await (const segment of transcription) segments.push(segment);
      expect((await transcription.summary).text).toBe(golden.text.trim());
      expectTimes(segments, golden);
      const words = segments.flatMap((segment) => segment.words);
      const expected = golden.words?.filter(([text]) => text.trim() !== '') ?? [];
      expect(words.map((word) => word.text)).toEqual(expected.map(([text]) => text.trim()));
      expected.forEach(([, start, end], i) => {
        expect(Math.abs((words[i]?.startMs ?? 0) - start * 1000)).toBeLessThanOrEqual(WORD_TOLERANCE_MS);
        expect(Math.abs((words[i]?.endMs ?? 0) - end * 1000)).toBeLessThanOrEqual(WORD_TOLERANCE_MS);
      });
    },
    120_000,
  );
});

/** Empty segments are not given to clients. */
function expectTimes(segments: readonly Segment[], golden: GoldenCase): void {
  const expected = golden.segments.filter(({ tokens }) => tokens.length > 0);
  expect(segments).toHaveLength(expected.length);
  expected.forEach(({ start, end }, i) => {
    expect(Math.abs((segments[i]?.startMs ?? 0) - start * 1000)).toBeLessThanOrEqual(SEGMENT_TOLERANCE_MS);
    expect(Math.abs((segments[i]?.endMs ?? 0) - end * 1000)).toBeLessThanOrEqual(SEGMENT_TOLERANCE_MS);
  });
}

/** The reference's options by our names; it ran at one temperature. */
function optionsOf({ options, words }: GoldenCase): TranscribeOptions {
  const option = <T>(name: string): T | undefined => (options[name] ?? undefined) as T | undefined;
  return {
    language: 'en',
    withoutFallback: true,
    wordTimestamps: words !== undefined,
    prompt: option('initial_prompt'),
    conditionOnPreviousText: option('condition_on_previous_text'),
    carryInitialPrompt: option('carry_initial_prompt'),
    clipTimestamps: option('clip_timestamps'),
    hallucinationSilenceThreshold: option('hallucination_silence_threshold'),
    prependPunctuations: option('prepend_punctuations'),
    appendPunctuations: option('append_punctuations'),
    decoding: {
      ...('without_timestamps' in options ? { withoutTimestamps: true } : {}),
      ...('sample_len' in options ? { sampleLen: option<number>('sample_len') ?? 224 } : {}),
      ...('no_speech_threshold' in options ? { noSpeechThreshold: undefined } : {}),
    },
  };
}

async function joined(parts: readonly (string | number)[]): Promise<Int16Array> {
  const decoded: Int16Array[] = [];
  for (const part of parts)
    decoded.push(
      typeof part === 'number'
        ? new Int16Array(Math.floor(part * 16_000))
        : await loadAudio(join('test/fixtures/speech', part)),
    );
  const whole = new Int16Array(decoded.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of decoded) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
