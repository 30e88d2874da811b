import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCapacity } from './capacity-report.js';
import { comparePolicies, watchBurst } from './experiments.js';
import { meanOf, ratioOf } from './intervals.js';
import { drawLoad } from './load.js';
import { burstPlot, svgOf } from './plots.js';
import { COMPARED, OURS, REFERENCE } from './policies.js';
import { TARGET } from './report.js';
import { scenarioOf } from './scenario.js';
import { simulate } from './simulate.js';

describe('a simulated day', () => {
  const scenario = scenarioOf({ hours: 6, bursts: { count: 1 } });
  const load = drawLoad(scenario.load, 1);

  it('has the same outcome for the same arguments', () => {
    expect(simulate(scenario, OURS.policy, load, 1)).toEqual(simulate(scenario, OURS.policy, load, 1));
  });

  it('costs a fixed fleet its pods times the hours that are counted', () => {
    const { podHours, mostPods, cut } = simulate(scenario, { kind: 'fixed', replicas: 40 }, load, 1);
    expect([podHours, mostPods, cut]).toEqual([40 * 5, 40, 0].map((figure) => expect.closeTo(figure, 6)));
  });

  it('refuses nothing with pods for all, next to everything with hardly any', () => {
    const refusedWith = (replicas: number): number => {
      const { refused, starts } = simulate(scenario, { kind: 'fixed', replicas }, load, 1);
      return refused / starts;
    };
    expect(refusedWith(400)).toBe(0);
    expect(refusedWith(1)).toBeGreaterThan(0.95);
  });
});

describe('the policies at a burst of ten times the load', () => {
  it('ours refuses at most a fifth of what the CPU HPA does, at most at 1.1 times its pod hours', () => {
    const [ours] = comparePolicies({}, 4, [OURS]);
    expect(ours!.ratios.refused.high).toBeLessThanOrEqual(TARGET.refused);
    expect(ours!.ratios.podHours.high).toBeLessThanOrEqual(TARGET.podHours);
  });

  it('ours does so at bursts that come at once, too', () => {
    const [ours] = comparePolicies({ bursts: { riseSeconds: 0 } }, 4, [OURS]);
    expect(ours!.ratios.refused.value).toBeLessThanOrEqual(TARGET.refused);
    expect(ours!.ratios.podHours.value).toBeLessThanOrEqual(TARGET.podHours);
  });

  it('a CPU target of 65 % adds no pod at all: a full pod is within its tolerance', () => {
    const former = COMPARED.find(({ name }) => name === 'CPU 65 %')!;
    const [compared] = comparePolicies({ hours: 6, bursts: { count: 1 } }, 1, [former]);
    const { outcomes } = compared!.trial;
    expect(outcomes[0]!.mostPods).toBe(outcomes[0]!.timeline[0]!.pods);
    expect(REFERENCE.policy).toEqual({ kind: 'cpu', targetPercent: 50 });
  });
});

describe('intervals', () => {
  it('enclose the figure, the wider the more the seeds differ', () => {
    const narrow = meanOf([10, 10, 10, 11]);
    const wide = meanOf([1, 10, 20, 10]);
    expect(narrow.value).toBe(10.25);
    expect(narrow.low).toBeLessThanOrEqual(narrow.value);
    expect(wide.high - wide.low).toBeGreaterThan(narrow.high - narrow.low);
  });

  it('of a ratio keep what one seed gave together', () => {
    // Twice the other in every seed, however much seeds differ.
    expect(ratioOf([2, 200, 40], [1, 100, 20])).toEqual({ value: 2, low: 2, high: 2 });
    expect(ratioOf([0, 0], [0, 0]).value).toBe(0);
  });
});

describe('the capacity of a pod', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scale-sim-'));
  const written = (text: string): string => {
    const path = join(folder, 'bench.json');
    writeFileSync(path, text);
    return path;
  };

  it('is what `parlance bench streams --json` found', () => {
    expect(readCapacity(written('{"url":"http://localhost","held":6,"limitMs":700,"steps":[]}'))).toBe(6);
  });

  it('is refused where the file is none of its reports, or says that nothing was held', () => {
    expect(() => readCapacity(written('{"streams":6}'))).toThrow(
      'no report of `parlance bench streams --json`',
    );
    expect(() => readCapacity(written('{"held":0}'))).toThrow('held not one stream');
    expect(() => readCapacity(written('streams  6'))).toThrow('cannot be read as JSON');
    rmSync(folder, { recursive: true });
    expect(() => readCapacity(join(folder, 'bench.json'))).toThrow('cannot be read as JSON');
  });
});

describe('a plot', () => {
  it('is an SVG with the names of what it shows, the same each time', async () => {
    const points = watchBurst({ hours: 3, bursts: { count: 1 } });
    const [svg, again] = [await svgOf(burstPlot(points)), await svgOf(burstPlot(points))];
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(svg).toContain('capacity (ours)');
    expect(again).toBe(svg);
  });
});
