import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  VizLegendOptionsBuilder,
  LegendDisplayMode,
  LegendPlacement,
} from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardPlan, PanelPlan } from './panels.ts';

/** The reader's choice of a Prometheus. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Grafana's grid is so wide. */
const WIDTH = 24;
const HEIGHT = { number: 4, lines: 8 } as const;

/** A dashboard as Grafana reads it. */
export function grafanaDashboard({ uid, title, reading, rows }: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(reading)
    .tags(['parlance'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('namespace')
        .label('Namespace')
        .datasource(DATASOURCE)
        .query('label_values(parlance_process_faults_total, namespace)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        // Without Kubernetes there is no such label, and this matches that too.
        .allValue('.*')
        .includeAll(true)
        .multi(true)
        .current({ selected: true, text: 'All', value: '$__all' }),
    );
  let id = 1;
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(id++));
    // Rows of up to four panels fill the width; longer ones go on in lines of three.
    const perLine = row.panels.length <= 4 ? row.panels.length : 3;
    for (const panel of row.panels) builder.withPanel(panelOf(panel, id++, WIDTH / perLine));
  }
  return builder.build();
}

function panelOf(plan: PanelPlan, id: number, width: number): StatBuilder | TimeSeriesBuilder {
  const panel = plan.isNumber ? new StatBuilder() : linesOf(plan);
  panel
    .id(id)
    .title(plan.title)
    .description(plan.reading)
    .datasource(DATASOURCE)
    .unit(plan.unit)
    .span(width)
    .height(plan.isNumber ? HEIGHT.number : HEIGHT.lines);
  for (const [index, { expression, legend }] of plan.queries.entries())
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .datasource(DATASOURCE)
        .expr(expression)
        .legendFormat(legend)
        // A point that leads to the trace of a slow turn.
        .exemplar(!plan.isNumber && expression.includes('_bucket'))
        .range(),
    );
  return panel;
}

function linesOf({ unit }: PanelPlan): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .min(0)
    .fillOpacity(5)
    .lineWidth(1)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
  return unit === 'percentunit' ? panel.axisSoftMax(1) : panel;
}
