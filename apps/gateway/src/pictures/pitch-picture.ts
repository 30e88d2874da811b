import type { AssessmentJson } from '@parlance/contracts';
import { drawChart, FONT, LINE_COLOURS, TEXT_COLOUR } from './chart.js';
import { TIME_MARGINS, timeAxis, timeWidth, wordBands, WORDS_ABOVE } from './word-bands.js';

const PITCH = { top: WORDS_ABOVE, height: 190 } as const;
const ENERGY = { top: WORDS_ABOVE + PITCH.height + 60, height: 100 } as const;
const BELOW = 44;
/** Its axis begins and ends with a multiple, Hz. */
const PITCH_STEP = 50;
/** Below it nothing is told apart, dB of full scale. */
const QUIETEST_DBFS = -80;

/** Pitch and energy over time behind the words. @returns undefined where there are no curves, or no pitch in them */
export function pitchPicture({ words, curves }: AssessmentJson): string | undefined {
  const known = curves?.pitchHz.flatMap((hz) => hz ?? []) ?? [];
  if (!curves || known.length === 0) return undefined;
  const { stepMs, pitchHz, energyDbfs } = curves;
  const durationMs = stepMs * energyDbfs.length;
  const seconds = (step: number): number => ((step + 0.5) * stepMs) / 1000;
  const axis = (index: number, name: string) => ({
    ...{ gridIndex: index, type: 'value', name, nameLocation: 'middle', nameGap: 46 },
    nameTextStyle: { fontFamily: FONT, color: TEXT_COLOUR },
    axisLabel: { fontFamily: FONT, color: TEXT_COLOUR },
    splitLine: { lineStyle: { color: '#e4e7ea' } },
    z: 1,
  });
  const title = {
    text: 'Pitch and energy',
    subtext: 'words: orange: low accuracy, yellow: middling, blue: high, grey: not known',
  };
  const size = { width: timeWidth(durationMs), height: ENERGY.top + ENERGY.height + BELOW };
  return drawChart(size, title, {
    grid: [
      { ...TIME_MARGINS, ...PITCH },
      { ...TIME_MARGINS, ...ENERGY },
    ],
    xAxis: [
      { ...timeAxis(durationMs), gridIndex: 0 },
      { ...timeAxis(durationMs), gridIndex: 1 },
    ],
    yAxis: [
      {
        ...axis(0, 'pitch, Hz'),
        min: PITCH_STEP * Math.floor(Math.min(...known) / PITCH_STEP),
        max: PITCH_STEP * Math.ceil((Math.max(...known) + 1) / PITCH_STEP),
      },
      { ...axis(1, 'energy, dBFS'), min: QUIETEST_DBFS, max: 0, interval: 20 },
    ],
    series: [
      wordBands(words),
      {
        ...{ type: 'line', symbol: 'circle', symbolSize: 4, showSymbol: true, connectNulls: false, z: 3 },
        itemStyle: { color: LINE_COLOURS[0] },
        lineStyle: { width: 2, color: LINE_COLOURS[0] },
        data: pitchHz.map((hz, step) => [seconds(step), hz]),
      },
      {
        ...{ type: 'line', symbol: 'none', xAxisIndex: 1, yAxisIndex: 1, z: 3 },
        lineStyle: { width: 1.5, color: '#39424d' },
        areaStyle: { color: '#39424d', opacity: 0.15, origin: 'start' },
        data: energyDbfs.map((db, step) => [seconds(step), Math.max(QUIETEST_DBFS, db)]),
      },
    ],
  });
}
