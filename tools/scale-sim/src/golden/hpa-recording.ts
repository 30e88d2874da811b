import { z } from 'zod';

/** What a real HPA controller was told at one sync, and what it had then. Times in seconds. */
const sync = z.object({
  at: z.number(),
  /** `spec.replicas` and `status.replicas` before the sync. */
  current: z.number(),
  present: z.number(),
  /** Of an external metric. */
  milli: z.number().optional(),
  /** For metrics of pods. */
  pods: z
    .array(
      z.object({
        isPending: z.boolean(),
        isTerminating: z.boolean(),
        isReady: z.boolean(),
        startedAt: z.number(),
        readinessChangedAt: z.number(),
        /** Its metric, as of the sync. */
        milli: z.number().optional(),
      }),
    )
    .default([]),
});

const limit = z.object({ type: z.enum(['Pods', 'Percent']), value: z.number(), periodSeconds: z.number() });
const rules = z.object({
  stabilizationWindowSeconds: z.number(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']),
  policies: z.array(limit),
});

const trace = z.object({
  name: z.string(),
  metric: z.enum(['External', 'Pods', 'Cpu']),
  /** Thousandths, or per cent of the request for the CPU. */
  target: z.number(),
  minReplicas: z.number(),
  maxReplicas: z.number(),
  behavior: z.object({ scaleUp: rules, scaleDown: rules }).optional(),
  syncs: z.array(sync),
});

/** Traces of HorizontalPodAutoscalers under a real controller manager (record-hpa.ts). */
export const hpaRecording = z.object({
  kubernetes: z.string(),
  downscaleStabilizationSeconds: z.number(),
  /** Of CPU samples. */
  windowSeconds: z.number(),
  traces: z.array(trace),
});

export type HpaRecording = z.infer<typeof hpaRecording>;
export type HpaTrace = z.infer<typeof trace>;
export type RecordedSync = z.infer<typeof sync>;
