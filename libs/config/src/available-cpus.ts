import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface CpuSources {
  readonly environment?: NodeJS.ProcessEnv;
  /** Where the control groups of this process are mounted; a container sees its own at the top. */
  readonly cgroupFolder?: string;
  /** Of the machine, as far as this process may use them. */
  readonly cores?: number;
}

const SHARES_OF_A_CPU = 1_024;

/**
 * How many CPUs this process may count on, at least 1 and at most those of the machine: what `PARLANCE_CPUS` says (a chart fills it
 * from the pod's request), else the limit of its control group (v2, `cpu.max`), else, in a pod, what its weight says that it has
 * requested (`cpu.weight`), else the machine's cores. A pod that computes with as many threads as its node has cores is throttled, or
 * slows its neighbours.
 */
export function availableCpus(sources: CpuSources = {}): number {
  const {
    environment = process.env,
    cgroupFolder = '/sys/fs/cgroup',
    cores = availableParallelism(),
  } = sources;
  const cpus =
    declared(environment.PARLANCE_CPUS) ??
    limitOf(read(cgroupFolder, 'cpu.max')) ??
    (environment.KUBERNETES_SERVICE_HOST ? requestOf(read(cgroupFolder, 'cpu.weight')) : undefined) ??
    cores;
  return Math.max(1, Math.min(cores, Math.round(cpus)));
}

/** As Kubernetes writes quantities of CPU: `2`, `0.5`, `1500m`. 0, as of a pod without a request, says nothing. */
function declared(text = ''): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(text.trim()) ?? [];
  return Number(count) / (unit === 'm' ? 1_000 : 1) || undefined;
}

/** `QUOTA PERIOD` in microseconds, or `max PERIOD` where there is no limit. */
function limitOf(text: string): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)/.exec(text) ?? [];
  return Number(quota) / Number(period) || undefined;
}

/**
 * Kubelets give each pod 1,024 shares for each CPU requested, and runtimes make a weight of 1 to 10,000 of them, by one of two formulas:
 * runc until 1.3 along a line, later along a curve that makes 100 of one CPU. The weight does not say by which; the smaller answer
 * is taken, which wastes less than a pod that takes twice what it asked for. Exact: `PARLANCE_CPUS`.
 */
function requestOf(text: string): number | undefined {
  const weight = Number.parseInt(text, 10);
  if (!(weight >= 1)) return undefined;
  const byLine = 2 + ((weight - 1) * 262_142) / 9_999;
  // weight = 10 ^ ((l² + 125 l) / 612 − 7 / 34), l = log2(shares)
  const exponent = 612 * (Math.log10(weight) + 7 / 34);
  const byCurve = 2 ** ((-125 + Math.sqrt(125 ** 2 + 4 * exponent)) / 2);
  return Math.min(byLine, byCurve) / SHARES_OF_A_CPU;
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return '';
  }
}
