import type { AssessmentJson } from '@parlance/contracts';
import { drawChart } from './chart.js';
import type { SoundEnvelope } from './picture.schema.js';
import { TIME_MARGINS, timeAxis, timeWidth, wordBands, WORDS_ABOVE } from './word-bands.js';

const POINTS = 2_000;
const FULL_SCALE = 32_768;
const BYTES_PER_SAMPLE = 2;
const SAMPLES_PER_MS = 16;

/** The outline of a recording. @param pcm  16 kHz mono s16le */
export function soundEnvelope(pcm: Buffer): SoundEnvelope {
  const samples = Math.floor(pcm.length / BYTES_PER_SAMPLE);
  const points = Math.min(POINTS, samples);
  const low: number[] = [];
  const high: number[] = [];
  for (let point = 0; point < points; point++) {
    const end = Math.floor(((point + 1) * samples) / points);
    let [least, most] = [FULL_SCALE, -FULL_SCALE];
    for (let i = Math.floor((point * samples) / points); i < end; i++) {
      const sample = pcm.readInt16LE(i * BYTES_PER_SAMPLE);
      least = Math.min(least, sample);
      most = Math.max(most, sample);
    }
    low.push(least / FULL_SCALE);
    high.push(most / FULL_SCALE);
  }
  return { durationMs: samples / SAMPLES_PER_MS, low, high };
}

/** A recording over time, its words in the colours of their accuracy. @returns undefined where there is no sound */
export function waveformPicture({ words }: AssessmentJson, envelope: SoundEnvelope): string | undefined {
  const { durationMs, low, high } = envelope;
  if (low.length === 0) return undefined;
  const title = {
    text: 'Recording and its words',
    subtext: 'orange: low accuracy, yellow: middling, blue: high, grey: not known',
  };
  const loudest = Math.max(0.05, ...high, ...low.map((value) => -value));
  const seconds = (point: number): number => ((point + 0.5) * durationMs) / low.length / 1000;
  const outline = (values: readonly number[]) => ({
    ...{ type: 'line', symbol: 'none', silent: true, z: 3 },
    lineStyle: { width: 0.7, color: '#39424d' },
    areaStyle: { color: '#39424d', origin: 0, opacity: 1 },
    data: values.map((value, point) => [seconds(point), value]),
  });
  return drawChart({ width: timeWidth(durationMs), height: 380 }, title, {
    grid: { ...TIME_MARGINS, top: WORDS_ABOVE, bottom: 40 },
    xAxis: timeAxis(durationMs),
    yAxis: { type: 'value', show: false, min: -loudest, max: loudest },
    series: [wordBands(words), outline(high), outline(low)],
  });
}
