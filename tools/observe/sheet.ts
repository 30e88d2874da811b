import * as echarts from 'echarts';
import type { DashboardPlan, PanelPlan, PanelUnit } from './panels.ts';

/** A line of a panel: its name, and values by milliseconds of Unix time. */
export interface DrawnLine {
  readonly name: string;
  readonly points: readonly (readonly [ms: number, value: number])[];
}

const SIZE = { width: 560, height: 240 } as const;
const BYTES = 1024 ** 2;

/** A dashboard as a page of HTML that needs nothing else: each panel drawn with what Prometheus has answered.
 *  @param linesOf  the lines of a panel; a panel without any says so */
export function dashboardSheet(
  plan: DashboardPlan,
  linesOf: (panel: PanelPlan) => readonly DrawnLine[],
): string {
  const rows = plan.rows.map(({ title, panels }) => {
    const figures = panels.map(
      (panel) =>
        `<figure><h3>${escaped(panel.title)}</h3><p>${escaped(panel.reading)}</p>${drawing(panel, linesOf(panel))}</figure>`,
    );
    return `<h2>${escaped(title)}</h2><div class="row">${figures.join('')}</div>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(plan.title)}</title><style>
body{font:14px system-ui,sans-serif;margin:16px;width:1764px;background:#fff;color:#1b1b1f}h2{margin:14px 0 4px}h3{margin:0;font-size:14px}
p{margin:0;color:#55555f;font-size:12px}.row{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;padding:8px;border:1px solid #ddd;border-radius:6px;width:${SIZE.width}px}
.number{font-size:44px;text-align:center;line-height:${SIZE.height}px}</style><h1>${escaped(plan.title)}</h1><p>${escaped(plan.reading)}</p>${rows.join('')}</html>`;
}

function drawing({ unit, isNumber }: PanelPlan, lines: readonly DrawnLine[]): string {
  if (lines.length === 0) return '<div class="number">no data</div>';
  if (isNumber) return `<div class="number">${inUnit(lines[0]?.points.at(-1)?.[1] ?? NaN, unit)}</div>`;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({
    animation: false,
    grid: { left: 64, right: 12, top: 12, bottom: 62 },
    legend: {
      bottom: 0,
      type: 'scroll',
      icon: 'rect',
      itemWidth: 10,
      itemHeight: 8,
      textStyle: { fontSize: 10 },
    },
    xAxis: { type: 'time', splitNumber: 4, axisLabel: { formatter: '{HH}:{mm}:{ss}', hideOverlap: true } },
    yAxis: { type: 'value', min: 0, axisLabel: { formatter: (value: number) => inUnit(value, unit) } },
    series: lines.map(({ name, points }) => ({
      type: 'line',
      name,
      showSymbol: false,
      data: points.map((point) => [...point]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function inUnit(value: number, unit: PanelUnit): string {
  if (!Number.isFinite(value)) return '–';
  if (unit === 'percentunit') return `${(100 * value).toFixed(1)} %`;
  if (unit === 'bytes') return `${Math.round(value / BYTES)} MiB`;
  const short = Number(value.toPrecision(3));
  return { s: `${short} s`, d: `${short} d`, reqps: `${short}/s`, ops: `${short}/s`, short: String(short) }[
    unit
  ];
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
