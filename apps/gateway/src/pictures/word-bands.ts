import type { AssessmentJson } from '@parlance/contracts';
import { FONT, labelOf, scoreColour, TEXT_COLOUR } from './chart.js';

/** Pixels above a chart for the words, which stand aslant so that short ones do not cover each other. */
export const WORDS_ABOVE = 150;
/** Longer ones would meet the title. */
const LONGEST_WORD = 16;
const MARGIN = 70;
const PIXELS_A_SECOND = 170;
const NARROWEST = 720;
const WIDEST = 4_000;

/** What echarts hands to a custom series, as far as it is used. */
interface DrawingApi {
  value(dimension: number): number;
  coord(point: readonly number[]): [number, number];
}
interface DrawingParameters {
  readonly dataIndex: number;
  readonly coordSys: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}

/** Wide enough for the words of this much speech. */
export function timeWidth(durationMs: number): number {
  return Math.round(
    Math.min(WIDEST, Math.max(NARROWEST, (durationMs / 1000) * PIXELS_A_SECOND + 2 * MARGIN)),
  );
}

export const TIME_MARGINS = { left: MARGIN, right: MARGIN } as const;

export function timeAxis(durationMs: number) {
  return {
    type: 'value',
    min: 0,
    max: durationMs / 1000,
    name: 's',
    nameGap: 12,
    nameTextStyle: { fontFamily: FONT, color: TEXT_COLOUR },
    axisLabel: { fontFamily: FONT, color: TEXT_COLOUR, showMaxLabel: false },
    axisLine: { onZero: false },
    splitLine: { show: false },
  };
}

/** Words behind a curve over time (seconds), each in the colour of its accuracy. */
export function wordBands(words: AssessmentJson['words']) {
  const found = words.flatMap(({ text, startMs, endMs, accuracy }) =>
    startMs === null || endMs === null
      ? []
      : [
          {
            label: labelOf(text, LONGEST_WORD),
            colour: scoreColour(accuracy?.value ?? null),
            startMs,
            endMs,
          },
        ],
  );
  return {
    type: 'custom',
    silent: true,
    z: 0,
    clip: false,
    data: found.map(({ startMs, endMs }) => [startMs / 1000, endMs / 1000]),
    encode: { x: [0, 1], y: -1 },
    renderItem: ({ dataIndex, coordSys }: DrawingParameters, api: DrawingApi) => {
      const { label, colour } = found[dataIndex]!;
      const [left, right] = [api.coord([api.value(0), 0])[0], api.coord([api.value(1), 0])[0]];
      const width = Math.max(1, right - left);
      return {
        type: 'group',
        children: [
          {
            type: 'rect',
            shape: { x: left, y: coordSys.y, width, height: coordSys.height },
            style: { fill: colour, stroke: '#ffffff', lineWidth: 1 },
          },
          {
            type: 'text',
            x: left + width / 2,
            y: coordSys.y - 6,
            rotation: Math.PI / 4,
            style: {
              text: label,
              font: `13px ${FONT}`,
              fill: TEXT_COLOUR,
              align: 'left',
              verticalAlign: 'middle',
            },
          },
        ],
      };
    },
  };
}
