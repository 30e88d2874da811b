import { describe, expect, it } from '@jest/globals';
import { OVERVIEW } from './service-dashboards.data.ts';
import { dashboardSheet } from './sheet.ts';

describe('a dashboard’s sheet', () => {
  it('has every panel, drawn with its lines, and says which has none', () => {
    const points = [1, 2, 3].map((minute) => [minute * 60_000, minute / 4] as const);
    const page = dashboardSheet(OVERVIEW, ({ title }) =>
      title === 'Peers' ? [] : [{ name: '<gateway-0>', points }],
    );
    const panels = OVERVIEW.rows.flatMap((row) => row.panels);
    for (const { title } of panels) expect(page).toContain(`<h3>${title}</h3>`);
    expect(page.match(/<svg /g)).toHaveLength(panels.filter(({ isNumber }) => !isNumber).length - 1);
    expect(page.match(/no data/g)).toHaveLength(1);
    expect(page).not.toContain('<gateway-0>');
    // The share of live streams in use, a number.
    expect(page).toContain('75.0 %');
  });
});
