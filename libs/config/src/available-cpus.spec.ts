import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableCpus } from './available-cpus.js';

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };

describe('the CPUs that a process counts on', () => {
  let cgroupFolder: string;
  beforeEach(() => {
    cgroupFolder = mkdtempSync(join(tmpdir(), 'parlance-cgroup-'));
  });
  afterEach(() => rmSync(cgroupFolder, { recursive: true }));

  const cpus = (files: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}, cores = 64) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cgroupFolder, name), `${text}\n`);
    return availableCpus({ environment, cgroupFolder, cores });
  };

  it.each([
    ['400000 100000', 4],
    ['250000 100000', 3],
    ['20000 100000', 1],
    ['12800000 100000', 64],
  ])("are its group's limit, rounded, within the machine: cpu.max of %s", (max, expected) => {
    expect(cpus({ 'cpu.max': max, 'cpu.weight': '39' }, POD)).toBe(expected);
  });

  it.each([
    // Requests of 2 and 8 CPUs by the curve, then by the line, which the smaller answer stands for.
    ['174', 2],
    ['532', 8],
    ['100', 1],
    ['79', 1],
    ['313', 4],
  ])('are in a pod without a limit what its request stands for: cpu.weight of %s', (weight, expected) => {
    expect(cpus({ 'cpu.max': 'max 100000', 'cpu.weight': weight }, POD)).toBe(expected);
  });

  it("are the machine's where no limit is set and it is no pod, or where there is no such group", () => {
    expect(cpus({}, POD)).toBe(64);
    expect(cpus({ 'cpu.max': 'max 100000', 'cpu.weight': '20' })).toBe(64);
  });

  it.each([
    ['2', 2],
    ['1500m', 2],
    ['0.2', 1],
    ['100', 64],
    ['0', 4],
    ['many', 4],
  ])('are what PARLANCE_CPUS says, where that is a quantity: %s', (declared, expected) => {
    expect(cpus({ 'cpu.max': '400000 100000' }, { PARLANCE_CPUS: declared })).toBe(expected);
  });
});
