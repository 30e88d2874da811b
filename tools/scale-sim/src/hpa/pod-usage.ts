/** A pod as the HPA controller sees it. Times in seconds of the simulation. */
export interface HpaPod {
  readonly isPending: boolean;
  readonly isTerminating: boolean;
  readonly isReady: boolean;
  /** When the kubelet acknowledged it. */
  readonly startedAt: number;
  /** When its readiness changed last. */
  readonly readinessChangedAt: number;
  readonly sample: UsageSample | undefined;
}

export interface UsageSample {
  /** In thousandths: of a core, or of the metric's unit. */
  readonly milli: number;
  readonly at: number;
  readonly windowSeconds: number;
}

/** What the controller manager is started with. */
export interface HpaSettings {
  readonly syncSeconds: number;
  readonly tolerance: number;
  readonly downscaleStabilizationSeconds: number;
  readonly cpuInitializationSeconds: number;
  readonly initialReadinessDelaySeconds: number;
}

/** kube-controller-manager's own defaults: its reference lists them as --horizontal-pod-autoscaler-…. */
export const HPA_DEFAULTS: HpaSettings = {
  syncSeconds: 15,
  tolerance: 0.1,
  downscaleStabilizationSeconds: 300,
  cpuInitializationSeconds: 300,
  initialReadinessDelaySeconds: 30,
};

export interface PodGroups {
  /** Usage of each pod that counts, in thousandths. */
  readonly usages: readonly number[];
  /** Not ready yet: set aside, and idle when others ask for more. */
  readonly unready: number;
  /** Without a sample. */
  readonly missing: number;
}

/**
 * Sorts pods as the documentation of the algorithm does: those that end are left out, those that start are set aside,
 * and so is, for the CPU alone, a sample from before a young pod was ready.
 */
export function groupPods(
  pods: readonly HpaPod[],
  isCpu: boolean,
  now: number,
  settings: HpaSettings,
): PodGroups {
  const usages: number[] = [];
  let [unready, missing] = [0, 0];
  for (const pod of pods) {
    if (pod.isTerminating) continue;
    if (pod.isPending) unready += 1;
    else if (!pod.sample) missing += 1;
    else if (isCpu && isCpuUnready(pod, pod.sample, now, settings)) unready += 1;
    else usages.push(pod.sample.milli);
  }
  return { usages, unready, missing };
}

function isCpuUnready(pod: HpaPod, sample: UsageSample, now: number, settings: HpaSettings): boolean {
  const isInitializing = pod.startedAt + settings.cpuInitializationSeconds > now;
  if (isInitializing) return !pod.isReady || sample.at < pod.readinessChangedAt + sample.windowSeconds;
  return !pod.isReady && pod.startedAt + settings.initialReadinessDelaySeconds > pod.readinessChangedAt;
}
