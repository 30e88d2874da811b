import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { AssessmentJson } from '@parlance/contracts';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { phonesPicture } from './phones-picture.js';
import { PictureRenderer } from './picture-renderer.service.js';
import { pitchPicture } from './pitch-picture.js';
import { rubricPicture } from './rubric-picture.js';
import { trendPicture } from './trend-picture.js';
import { soundEnvelope, waveformPicture } from './waveform-picture.js';

const score = (value: number) => ({ value, low: value - 10, high: value + 5 });
const HOSTILE = '<script>alert(1)</script>&"{b|x}\u0000\u0007\u202e\ud800';

function word(text: string, startMs: number, accuracy: number | null): AssessmentJson['words'][number] {
  const span = { startMs, endMs: startMs + 200 };
  const sound = { ...span, accuracy: score(40), logPosterior: -2 };
  return {
    ...{ text, ...span, accuracy: accuracy === null ? null : score(accuracy), logLikelihood: -1 },
    phones: [
      { ...sound, phone: 'TH', substitution: { phone: 'S', probability: 0.8 } },
      { ...sound, phone: 'IH', accuracy: score(90), substitution: null },
    ],
  };
}

function assessment(change: Partial<AssessmentJson> = {}): AssessmentJson {
  return {
    utterance: {
      ...{ accuracy: score(72), fluency: score(60), prosody: score(66), completeness: score(90) },
      ...{ total: score(70), confidence: score(80), clarity: null },
    },
    words: [word('think', 100, 45), word(HOSTILE, 400, null)],
    curves: { stepMs: 40, pitchHz: [null, 120, 130, null], energyDbfs: [-70, -20, -22, -70] },
    ...change,
  } as AssessmentJson;
}

const NO_SCORES = {
  ...{ accuracy: null, fluency: null, prosody: null, completeness: null, total: null },
  ...{ confidence: null, clarity: null },
};

/** 200 ms that swing between these samples. */
function tone(least: number, most: number): Buffer {
  const pcm = Buffer.alloc(200 * 32);
  for (let i = 0; i < 200 * 16; i++) pcm.writeInt16LE(i % 2 === 0 ? least : most, i * 2);
  return pcm;
}

const NO_WEEK = {
  accuracy: null,
  fluency: null,
  prosody: null,
  total: null,
  confidence: null,
  clarity: null,
};
const WEEKS = [
  { week: '2026-01-05', turns: 3, scores: { ...NO_WEEK, accuracy: { mean: 61, n: 3, best: 70 } } },
  { week: '2026-01-12', turns: 0, scores: NO_WEEK },
];

const texts = (svg: string | undefined): string[] =>
  [...(svg ?? '').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

describe('pictures of an assessment', () => {
  const all = (of: AssessmentJson) => [
    rubricPicture(of),
    phonesPicture(of),
    pitchPicture(of),
    waveformPicture(of, soundEnvelope(tone(-9000, 8000))),
  ];

  it('are SVG that librsvg reads, whatever was recognised', async () => {
    for (const svg of [...all(assessment()), trendPicture(WEEKS)]) {
      const { format, width } = await sharp(Buffer.from(svg!)).metadata();
      expect([format, width]).toEqual(['svg', expect.any(Number)]);
      expect(svg).not.toContain('<script');
    }
  });

  it('show the words as they are written, without what a picture cannot hold', () => {
    const labels = texts(phonesPicture(assessment()));
    expect(labels).toContain('think  45');
    expect(labels.some((text) => text.startsWith('&lt;script&gt;alert(1)&lt;/scri'))).toBe(true);
    expect(labels.join('')).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u);
  });

  it('name each sound, with what it sounded like', () => {
    expect(texts(phonesPicture(assessment()))).toEqual(expect.arrayContaining(['TH → S', 'IH']));
  });

  it('name each known score with its value, and the others as not known', () => {
    const labels = texts(rubricPicture(assessment()));
    expect(labels).toEqual(expect.arrayContaining(['accuracy 72', 'confidence 80', 'not known: clarity']));
    expect(labels.join(' ')).not.toContain('null');
  });

  it('say their units', () => {
    expect(texts(pitchPicture(assessment()))).toEqual(
      expect.arrayContaining(['pitch, Hz', 'energy, dBFS', 's', '-20']),
    );
    expect(texts(trendPicture(WEEKS))).toEqual(expect.arrayContaining(['2026-01-05', 'accuracy', '3']));
  });

  it('are none where there is nothing to show', () => {
    const empty = assessment({ utterance: NO_SCORES, words: [], curves: null });
    expect([rubricPicture(empty), phonesPicture(empty), pitchPicture(empty)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(waveformPicture(empty, soundEnvelope(Buffer.alloc(0)))).toBeUndefined();
    expect(trendPicture([WEEKS[1]!])).toBeUndefined();
  });
});

describe('the envelope of a recording', () => {
  it('has the lowest and highest sample of each stretch', () => {
    const { durationMs, low, high } = soundEnvelope(tone(-16_384, 8_192));
    expect([durationMs, low.length, high.length]).toEqual([200, 2_000, 2_000]);
    expect([Math.min(...low), Math.max(...high)]).toEqual([-0.5, 0.25]);
  });
});

describe('the renderer of pictures', () => {
  const renderer = new PictureRenderer(silentLogger);
  const caller = { tenant: 'acme', signal: new AbortController().signal };
  afterAll(() => renderer.onApplicationShutdown());

  it('draws PNG with letters', async () => {
    const png = await renderer.draw({ name: 'rubric', assessment: assessment() }, 'png', caller);
    const { format, width, height } = await sharp(png).metadata();
    expect([format, width, height]).toEqual(['png', 1_280, 1_040]);
    // The title is all that is there, and is dark.
    const title = await sharp(png).extract({ left: 30, top: 16, width: 440, height: 46 }).greyscale().stats();
    expect(title.channels[0]!.min).toBeLessThan(80);
  });

  it('draws on after data that it cannot draw', async () => {
    const broken = { words: 'none' } as unknown as AssessmentJson;
    await expect(renderer.draw({ name: 'phones', assessment: broken }, 'svg', caller)).rejects.toMatchObject({
      code: 'internal.unexpected',
    });
    const svg = await renderer.draw({ name: 'phones', assessment: assessment() }, 'svg', caller);
    expect(svg!.toString()).toMatch(/^<svg /);
  });
});
