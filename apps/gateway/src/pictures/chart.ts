import { BarChart, CustomChart, HeatmapChart, LineChart, RadarChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  RadarComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  ...[BarChart, CustomChart, HeatmapChart, LineChart, RadarChart],
  ...[GridComponent, LegendComponent, RadarComponent, TitleComponent, VisualMapComponent],
  SVGRenderer,
]);

/** Legible behind dark letters, and told apart by people who do not see red and green. */
export const SCORE_COLOURS = { low: '#f08a6c', middle: '#fbe3a0', high: '#9fcbe8' } as const;
export const LINE_COLOURS = ['#1f6fb2', '#c2571a', '#2f8f5b', '#7a4fb5', '#a3861b', '#b03a6b', '#4a5a6a'];
export const TEXT_COLOUR = '#22262b';
export const FAINT_COLOUR = '#767c84';
const UNKNOWN_COLOUR = '#dcdfe3';

/** Those of servers and of people's computers, the first that is there. */
export const FONT = 'DejaVu Sans, Noto Sans, Verdana, Arial, sans-serif';
const LONGEST_LABEL = 24;
/** What XML cannot hold, and what turns the direction of the text beside it. */
const NOT_DRAWN = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

export interface ChartTitle {
  readonly text: string;
  readonly subtext: string;
}

/** Draws a chart without a browser. @returns an SVG document of this size */
export function drawChart(
  { width, height }: ChartSize,
  title: ChartTitle,
  option: EChartsCoreOption,
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: TEXT_COLOUR },
      title: {
        ...title,
        left: 16,
        top: 10,
        textStyle: { fontFamily: FONT, fontSize: 16, color: TEXT_COLOUR },
        subtextStyle: { fontFamily: FONT, fontSize: 12, color: FAINT_COLOUR },
      },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Text of a client or of a recogniser as a label: one line, not long, of characters that a picture can hold. */
export function labelOf(text: string, longest = LONGEST_LABEL): string {
  const plain = [...text.replace(/\s+/gu, ' ').replace(NOT_DRAWN, '')];
  return plain.length > longest ? `${plain.slice(0, longest - 1).join('')}…` : plain.join('');
}

/** @param value  of 100; null where it is not known */
export function scoreColour(value: number | null): string {
  if (value === null) return UNKNOWN_COLOUR;
  const [from, to] = value < 50 ? (['low', 'middle'] as const) : (['middle', 'high'] as const);
  const share = (value < 50 ? value : value - 50) / 50;
  const channels = [1, 3, 5].map((at) => {
    const [one, other] = [SCORE_COLOURS[from], SCORE_COLOURS[to]].map((hex) =>
      parseInt(hex.slice(at, at + 2), 16),
    ) as [number, number];
    return Math.round(one + share * (other - one));
  });
  return `rgb(${channels.join(',')})`;
}
