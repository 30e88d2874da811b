import { readFileSync } from 'node:fs';
import { medianOf } from './ratios.js';

/** Resident memory of a process, MiB (Linux). */
export function residentMiB(pid: number): number {
  return statusMiB(pid, 'VmRSS');
}

/** The most it ever was. */
export function peakResidentMiB(pid: number): number {
  return statusMiB(pid, 'VmHWM');
}

function statusMiB(pid: number, field: string): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? NaN) / 1024;
}

/** Keeps the highest resident memory seen, each second. */
export function watchResident(pid: number): { stop(): number } {
  let highest = residentMiB(pid);
  const timer = setInterval(() => (highest = Math.max(highest, residentMiB(pid))), 1_000);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(highest, residentMiB(pid));
    },
  };
}

/** Resident memory at the beginning and at the end of a stretch of time: medians of its first and its last fifth, of a look each second. */
export function watchGrowth(pid: number): {
  stop(): { readonly firstMiB: number; readonly lastMiB: number };
} {
  const seen = [residentMiB(pid)];
  const timer = setInterval(() => seen.push(residentMiB(pid)), 1_000);
  return {
    stop: () => {
      clearInterval(timer);
      const fifth = Math.ceil(seen.length / 5);
      return { firstMiB: medianOf(seen.slice(0, fifth)), lastMiB: medianOf(seen.slice(-fifth)) };
    },
  };
}

/** The event loop's 99th percentile of delay since the last look, ms. Looking starts a new stretch. */
export async function eventLoopP99Ms(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const line = /^nodejs_eventloop_lag_p99_seconds(?:\{.*\})? ([\d.e+-]+)/m.exec(text);
  return Number(line?.[1] ?? NaN) * 1000;
}

const TICKS_PER_SECOND = 100;

/** Processor time that a process has used, or that of its children which have ended, seconds (Linux). */
export function cpuSeconds(pid: number, ofChildren = false): number {
  // The name, in brackets, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const [user, system] = ofChildren ? [13, 14] : [11, 12];
  return (Number(fields[user]) + Number(fields[system])) / TICKS_PER_SECOND;
}
