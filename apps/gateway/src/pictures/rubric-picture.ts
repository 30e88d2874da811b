import type { AssessmentJson } from '@parlance/contracts';
import { drawChart, FONT, LINE_COLOURS, TEXT_COLOUR } from './chart.js';

/** A radar of fewer scores is no area. */
const FEWEST_SCORES = 3;

/** The scores of the utterance with their intervals. @returns undefined where fewer than three are known */
export function rubricPicture({ utterance }: AssessmentJson): string | undefined {
  const scores = Object.entries(utterance).flatMap(([name, score]) => (score ? [{ name, ...score }] : []));
  if (scores.length < FEWEST_SCORES) return undefined;
  const unknown = Object.entries(utterance).flatMap(([name, score]) => (score ? [] : [name]));
  const title = {
    text: 'Scores of the utterance',
    subtext: `of 100; the grey band is the 95 % interval${unknown.length > 0 ? `\nnot known: ${unknown.join(', ')}` : ''}`,
  };
  const polygon = (key: 'low' | 'high', fill: string) => ({
    value: scores.map((score) => score[key]),
    symbol: 'none',
    lineStyle: { color: '#b4bac2', width: 1 },
    areaStyle: { color: fill, opacity: 1 },
  });
  return drawChart({ width: 640, height: 520 }, title, {
    radar: {
      // Its lines above the band, below the scores.
      z: 3,
      center: ['50%', '57%'],
      radius: '62%',
      splitNumber: 5,
      splitArea: { show: false },
      splitLine: { lineStyle: { color: '#dfe2e6' } },
      axisLine: { lineStyle: { color: '#dfe2e6' } },
      axisName: { fontFamily: FONT, fontSize: 13, color: TEXT_COLOUR },
      indicator: scores.map(({ name, value }) => ({
        name: `${name} ${Math.round(value)}`,
        max: 100,
        min: 0,
      })),
    },
    series: [
      { type: 'radar', z: 1, data: [polygon('high', '#e3e6ea'), polygon('low', '#ffffff')] },
      {
        ...{ type: 'radar', z: 5 },
        data: [
          {
            value: scores.map(({ value }) => value),
            symbolSize: 7,
            itemStyle: { color: LINE_COLOURS[0] },
            lineStyle: { color: LINE_COLOURS[0], width: 2.5 },
          },
        ],
      },
    ],
  });
}
