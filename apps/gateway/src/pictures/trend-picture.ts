import type { ProgressWeek } from '@parlance/persistence';
import { drawChart, FONT, LINE_COLOURS, TEXT_COLOUR } from './chart.js';

/** The mean of each score by week, and how many turns it is of. @returns undefined where no week has a score */
export function trendPicture(weeks: readonly ProgressWeek[]): string | undefined {
  const found = scoresOf(weeks[0]).filter((score) => weeks.some(({ scores }) => scores[score]));
  if (found.length === 0) return undefined;
  const label = { fontFamily: FONT, color: TEXT_COLOUR };
  const title = { text: 'Scores by week', subtext: 'means, of 100; bars: how many turns were assessed' };
  const most = Math.max(...weeks.map(({ turns }) => turns));
  return drawChart({ width: 900, height: 460 }, title, {
    grid: { left: 60, right: 24, top: 84, bottom: 96 },
    legend: { bottom: 10, textStyle: label, itemWidth: 22 },
    xAxis: {
      type: 'category',
      data: weeks.map(({ week }) => week),
      name: 'week from',
      nameLocation: 'middle',
      nameGap: 34,
      nameTextStyle: label,
      axisLabel: { ...label, hideOverlap: true },
    },
    yAxis: [
      { type: 'value', min: 0, max: 100, axisLabel: label, splitLine: { lineStyle: { color: '#e4e7ea' } } },
      {
        ...{ type: 'value', min: 0, max: 4 * most, show: false },
      },
    ],
    series: [
      {
        ...{ type: 'bar', name: 'turns', yAxisIndex: 1, barMaxWidth: 30, z: 1 },
        itemStyle: { color: '#dfe3e8' },
        label: { ...label, show: true, position: 'top', formatter: countOf },
        data: weeks.map(({ turns }) => turns),
      },
      ...found.map((score, index) => ({
        ...{ type: 'line', name: score, symbol: 'circle', symbolSize: 6, connectNulls: true, z: 2 },
        itemStyle: { color: LINE_COLOURS[index] },
        lineStyle: { width: 2 },
        data: weeks.map(({ scores }) => scores[score]?.mean ?? null),
      })),
    ],
  });
}

/** Each week names all scores. */
function scoresOf(week: ProgressWeek | undefined): (keyof ProgressWeek['scores'])[] {
  return Object.keys(week?.scores ?? {}) as (keyof ProgressWeek['scores'])[];
}

/** A week without turns has no number. */
function countOf({ value }: { readonly value: number }): string {
  return value === 0 ? '' : String(value);
}
