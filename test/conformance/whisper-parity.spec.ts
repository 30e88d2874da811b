/** Our f32 decoding against openai-whisper's on the same published checkpoints (test/golden/NAME.json, made by `make goldens`). */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Segment, TranscribeOptions, Word } from '@parlance/whisper';
import { tellShare } from '../support/figures.js';
import { goldenSample, IS_WHOLE } from '../support/golden-sample.js';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { describeWithShared, sharedPath } from '../support/shared.js';
import { eachOf } from '../support/side-by-side.js';

interface GoldenSegment {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly number[];
}
/** text, start, end (seconds), probability */
type GoldenWord = readonly [string, number, number, number];
interface GoldenUtterance {
  readonly audio: string;
  readonly text: string;
  readonly beamText?: string;
  readonly segments: readonly GoldenSegment[];
  readonly words?: readonly GoldenWord[];
}
interface GoldenLong {
  readonly audio: readonly string[];
  readonly silenceSeconds: number;
  readonly text: string;
  readonly beamText: string;
  /** With the text so far as prompt. */
  readonly conditionedText: string;
  readonly segments: readonly GoldenSegment[];
}
interface Golden {
  readonly options: { readonly beams: number };
  readonly utterances: readonly GoldenUtterance[];
  readonly long: readonly GoldenLong[];
}
interface Transcribed {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly words: readonly Word[];
}

/** What there is to compare at least: of all goldens, and of their sample, where one text is 2.5 % of all. */
const LEAST = IS_WHOLE
  ? { utterances: 200, gaps: 100, words: 500, searched: 60, long: 10, equalTexts: 0.97 }
  : { utterances: 40, gaps: 10, words: 300, searched: 20, long: 2, equalTexts: 0.95 };

const GREEDY: TranscribeOptions = { language: 'en', temperature: 0, withoutFallback: true };
const SEGMENT_TOLERANCE_MS = 20;
const WORD_TOLERANCE_MS = 60;

describeWithShared.each(['whisper-tiny.en', 'whisper-base'])('parity with openai-whisper of %s', (model) => {
  const golden = JSON.parse(readFileSync(`test/golden/${model}.json`, 'utf8')) as Golden;
  const utterances = goldenSample(golden.utterances);
  const long = goldenSample(golden.long);
  const beams: TranscribeOptions = { decoding: { beamSize: golden.options.beams } };
  let rig: RecognitionRig;
  let transcribed: readonly Transcribed[];

  beforeAll(async () => {
    rig = await openRecognition('f32', model);
    transcribed = await eachOf(utterances, async ({ audio, words }) =>
      transcribeSamples(await loadAudio(sharedPath('data', audio)), words ? { wordTimestamps: true } : {}),
    );
  }, 600_000);
  afterAll(() => rig.runtime.stop());

  async function transcribeSamples(
    samples: Int16Array,
    options: TranscribeOptions = {},
  ): Promise<Transcribed> {
    const transcription = rig.recognizer.transcribe('', samples, { ...GREEDY, ...options });
    const segments: Segment[] = [];
    for await (const segment of transcription) segments.push(segment);
    const { text } = await transcription.summary;
    return { text, segments, words: segments.flatMap((segment) => segment.words) };
  }

  it('writes the same text on at least 97 % of every fifth of 200 recordings, or of all of them', () => {
    expect(utterances.length).toBeGreaterThanOrEqual(LEAST.utterances);
    expectEqualTexts(
      `${model}: greedy texts equal`,
      utterances.map(({ text, audio }, i) => ({
        name: audio,
        ours: transcribed[i]?.text,
        theirs: text,
      })),
      LEAST.equalTexts,
    );
  });

  it('puts segments of equal texts within 20 ms', () => {
    const gaps = utterances.flatMap(({ audio, text, segments, words }, i) => {
      const { text: ours, segments: own } = transcribed[i] as Transcribed;
      return !words && ours === text.trim() ? [{ audio, ms: largestGap(own, segments) }] : [];
    });
    expect(gaps.length).toBeGreaterThan(LEAST.gaps);
    expect(gaps.filter(({ ms }) => ms > SEGMENT_TOLERANCE_MS)).toEqual([]);
  });

  it('puts at least 95 % of the words of equal texts within 60 ms', () => {
    const words = utterances.flatMap(({ words = [] }, i) => {
      const own = transcribed[i]?.words ?? [];
      const isSame = words.map(([word]) => word.trim()).join(' ') === own.map(({ text }) => text).join(' ');
      return isSame ? words.map(([text, start], n) => ({ text, ms: gap(own[n]?.startMs, start) })) : [];
    });
    expect(words.length).toBeGreaterThan(LEAST.words);
    const near = words.filter(({ ms }) => ms <= WORD_TOLERANCE_MS).length;
    tellShare(`${model}: word starts within 60 ms`, near, words.length, 0.95);
    expect(near / words.length).toBeGreaterThanOrEqual(0.95);
  });

  it('writes the same text by beam search on at least 95 % of recordings', async () => {
    const searched = utterances.flatMap(({ audio, beamText }) =>
      beamText === undefined ? [] : [{ audio, beamText }],
    );
    expect(searched.length).toBeGreaterThanOrEqual(LEAST.searched);
    const texts = await eachOf(searched, async ({ audio, beamText }) => {
      const { text } = await transcribeSamples(await loadAudio(sharedPath('data', audio)), beams);
      return { name: audio, ours: text, theirs: beamText };
    });
    expectEqualTexts(`${model}: beam-5 texts equal`, texts, 0.95);
  }, 600_000);

  it('walks long recordings by the same windows, with and without the text so far as prompt', async () => {
    const texts = await eachOf(
      long,
      async ({ audio, silenceSeconds, text, conditionedText, segments }, i) => {
        const samples = await joined(audio, silenceSeconds);
        const alone = await transcribeSamples(samples, { conditionOnPreviousText: false });
        const ms = alone.text === text.trim() ? largestGap(alone.segments, segments) : 0;
        expect({ i, ms }).toEqual({ i, ms: within(SEGMENT_TOLERANCE_MS) });
        const conditioned = await transcribeSamples(samples);
        return [
          { name: `${i}`, ours: alone.text, theirs: text },
          { name: `${i} conditioned`, ours: conditioned.text, theirs: conditionedText },
        ];
      },
    );
    expect(texts.length).toBeGreaterThanOrEqual(LEAST.long);
    expectEqualTexts(
      `${model}: greedy texts of long recordings equal, with and without prompt`,
      texts.flat(),
      0.9,
    );
  }, 600_000);

  it('walks long recordings by the same windows by beam search', async () => {
    const texts = await eachOf(long, async ({ audio, silenceSeconds, beamText }) => {
      const { text } = await transcribeSamples(await joined(audio, silenceSeconds), {
        ...beams,
        conditionOnPreviousText: false,
      });
      return { name: audio.join(), ours: text, theirs: beamText };
    });
    expectEqualTexts(`${model}: beam-5 texts of long recordings equal`, texts, 0.9);
  }, 600_000);
});

interface TextPair {
  readonly name: string;
  readonly ours: string | undefined;
  readonly theirs: string;
}

/** @param share least share of equal texts; the others are told */
function expectEqualTexts(what: string, pairs: readonly TextPair[], share: number): void {
  const different = pairs.filter(({ ours, theirs }) => ours !== theirs.trim());
  const equal = 1 - different.length / pairs.length;
  tellShare(what, pairs.length - different.length, pairs.length, share);
  if (equal < share)
    throw new Error(
      `${different.length} of ${pairs.length} differ:\n${different
        .map(({ name, ours, theirs }) => `${name}: ${ours} ≠ ${theirs.trim()}`)
        .join('\n')}`,
    );
  expect(equal).toBeGreaterThanOrEqual(share);
}

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

async function joined(files: readonly string[], silenceSeconds: number): Promise<Int16Array> {
  const parts = await Promise.all(files.map((file) => loadAudio(sharedPath('data', file))));
  const silence = Math.floor(silenceSeconds * 16_000);
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length + silence, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + silence;
  }
  return whole;
}
