import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Sensitivity, TargetPoint, TimelinePoint } from './experiments.js';

/** Colours that are told apart by most who do not see all colours (Okabe and Ito). */
const COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7'];
const CONFIG = {
  background: 'white',
  font: 'sans-serif',
  axis: { labelFontSize: 11, titleFontSize: 12, gridColor: '#e6e6e6' },
  legend: { labelFontSize: 11, titleFontSize: 12, labelLimit: 240 },
  range: { category: COLOURS },
};

/** Draws without a browser. @returns an SVG document */
export async function svgOf(spec: TopLevelSpec): Promise<string> {
  const { spec: vegaSpec } = compile(spec);
  const view = new View(parse(vegaSpec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

export function burstPlot(points: readonly TimelinePoint[]): TopLevelSpec {
  const lines: [keyof TimelinePoint, string][] = [
    ['offered', 'streams offered'],
    ['slots', 'slots of all pods'],
    ['held', 'streams held'],
    ['refused', 'refused since the burst began'],
  ];
  const values = points.flatMap((point) =>
    lines.map(([key, line]) => ({
      policy: point.policy,
      minutes: rounded(point.minutes),
      line,
      streams: point[key],
    })),
  );
  return {
    data: { values },
    facet: { column: { field: 'policy', title: null, sort: unique(points.map(({ policy }) => policy)) } },
    spec: {
      width: 260,
      height: 240,
      mark: { type: 'line', strokeWidth: 1.6 },
      encoding: {
        x: { field: 'minutes', type: 'quantitative', title: 'minutes since the burst began' },
        y: { field: 'streams', type: 'quantitative', title: 'live streams' },
        color: { field: 'line', type: 'nominal', title: null, sort: lines.map(([, line]) => line) },
      },
    },
    config: CONFIG,
  };
}

export function targetPlot(points: readonly TargetPoint[]): TopLevelSpec {
  const values = points.map(({ policy, target, refusedShare, podHours }) => ({
    policy,
    target,
    hours: rounded(podHours.value),
    percent: rounded(100 * refusedShare.value),
    low: rounded(100 * refusedShare.low),
    high: rounded(100 * refusedShare.high),
  }));
  const x = {
    field: 'hours',
    type: 'quantitative',
    title: 'pod hours in a day',
    scale: { zero: false },
  } as const;
  const color = {
    field: 'policy',
    type: 'nominal',
    title: 'scaled by',
    sort: unique(points.map(({ policy }) => policy)),
  } as const;
  // Nothing refused has a place on this scale, unlike on a logarithmic one.
  const scale = { type: 'symlog', constant: 0.02 } as const;
  const y = { type: 'quantitative', title: 'refused starts, % of all', scale } as const;
  return {
    width: 560,
    height: 340,
    data: { values },
    layer: [
      { mark: { type: 'line', strokeWidth: 1.2 }, encoding: { x, y: { field: 'percent', ...y }, color } },
      { mark: 'rule', encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' }, color } },
      {
        mark: { type: 'point', filled: true, size: 45 },
        encoding: { x, y: { field: 'percent', ...y }, color },
      },
      {
        mark: { type: 'text', dx: 5, dy: -7, align: 'left', fontSize: 9 },
        encoding: { x, y: { field: 'percent', ...y }, color, text: { field: 'target' } },
      },
    ],
    config: CONFIG,
  };
}

export function sensitivityPlot(rows: readonly Sensitivity[], limit: number): TopLevelSpec {
  const values = rows.map(({ what, value, ratios: { refused } }) => ({
    what,
    value,
    ratio: rounded(refused.value),
    low: rounded(refused.low),
    high: rounded(refused.high),
  }));
  const x = { type: 'quantitative', title: 'refused: ours over CPU' } as const;
  const y = { field: 'value', title: null, sort: null } as const;
  return {
    data: { values },
    facet: {
      row: {
        field: 'what',
        title: null,
        sort: unique(rows.map(({ what }) => what)),
        header: { labelAngle: 0, labelAlign: 'left' },
      },
    },
    spec: {
      width: 420,
      layer: [
        { mark: 'rule', encoding: { x: { field: 'low', ...x }, x2: { field: 'high' }, y } },
        { mark: { type: 'point', filled: true, size: 50 }, encoding: { x: { field: 'ratio', ...x }, y } },
        {
          mark: { type: 'rule', strokeDash: [4, 3], color: '#D55E00' },
          encoding: { x: { datum: limit } },
        },
      ],
    },
    resolve: { scale: { y: 'independent' } },
    config: CONFIG,
  };
}

/** Short in the file, and the same on every machine. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
