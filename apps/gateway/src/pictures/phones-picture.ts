import type { AssessmentJson } from '@parlance/contracts';
import { drawChart, FONT, labelOf, SCORE_COLOURS, TEXT_COLOUR } from './chart.js';

const ROW = 28;
const COLUMN = 74;
const ABOVE = 66;
const BELOW = 64;
const BESIDE = 226;
/** Rows and columns that are drawn; 30 s of speech have fewer words. */
const MOST_WORDS = 120;
const MOST_PHONES = 20;
const FEWEST_COLUMNS = 6;

/** The accuracy of each phone, one row for a word. @returns undefined where no phone has a score */
export function phonesPicture({ words }: AssessmentJson): string | undefined {
  const rows = words.filter(({ phones }) => phones.length > 0).slice(0, MOST_WORDS);
  if (rows.length === 0) return undefined;
  const columns = Math.min(MOST_PHONES, Math.max(...rows.map(({ phones }) => phones.length), FEWEST_COLUMNS));
  const cells = rows.flatMap(({ phones }, row) =>
    phones.slice(0, columns).map(({ phone, accuracy, substitution }, column) => ({
      value: [column, row, Math.round(accuracy.value)],
      label: substitution ? `${phone} → ${substitution.phone}` : phone,
    })),
  );
  const size = { width: BESIDE + columns * COLUMN + 24, height: ABOVE + rows.length * ROW + BELOW };
  const title = {
    text: 'Accuracy of each sound',
    subtext: 'sounds as in the CMU dictionary; “TH → S”: TH sounded like S',
  };
  return drawChart(size, title, {
    grid: { left: BESIDE, right: 24, top: ABOVE, bottom: BELOW },
    xAxis: {
      type: 'category',
      show: false,
      data: Array.from({ length: columns }, (_, column) => String(column)),
    },
    yAxis: {
      type: 'category',
      inverse: true,
      // By their places: a text may have a word twice.
      data: rows.map((_, row) => String(row)),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: {
        interval: 0,
        fontFamily: FONT,
        fontSize: 13,
        color: TEXT_COLOUR,
        formatter: (row: string) => {
          const { text = '', accuracy = null } = rows[Number(row)] ?? {};
          return `${labelOf(text)}  ${accuracy ? Math.round(accuracy.value) : '–'}`;
        },
      },
    },
    visualMap: {
      min: 0,
      max: 100,
      dimension: 2,
      orient: 'horizontal',
      left: BESIDE,
      bottom: 14,
      itemWidth: 14,
      itemHeight: 180,
      text: ['100', '0'],
      textStyle: { fontFamily: FONT, color: TEXT_COLOUR },
      inRange: { color: [SCORE_COLOURS.low, SCORE_COLOURS.middle, SCORE_COLOURS.high] },
    },
    series: [
      {
        type: 'heatmap',
        itemStyle: { borderColor: '#ffffff', borderWidth: 2 },
        label: {
          show: true,
          fontFamily: FONT,
          fontSize: 12,
          color: TEXT_COLOUR,
          formatter: ({ dataIndex }: { readonly dataIndex: number }) => cells[dataIndex]?.label ?? '',
        },
        data: cells.map(({ value }) => value),
      },
    ],
  });
}
