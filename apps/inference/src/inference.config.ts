import { totalmem } from 'node:os';
import { z } from 'zod';
import {
  availableCpus,
  bytes,
  drainEnv,
  flag,
  integer,
  list,
  listenEnv,
  milliseconds,
  mutualTlsEnv,
  mutualTlsFrom,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
} from '@parlance/config';
import { TURN_MODEL, VAD_MODEL } from '@parlance/vad';

const MEBIBYTE = 1024 ** 2;
const cpus = availableCpus();
/** The container's limit where there is one. */
const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);

/** Environment of the inference service. */
export const inferenceSchema = z
  .object({
    ...listenEnv(50061),
    ...opsEnv(8081),
    ...telemetryEnv,
    ...drainEnv,
    ...mutualTlsEnv,
    /** Folders of checkpoints and ONNX models; the first that has a model wins. */
    PARLANCE_MODELS: list(['models', '../shared/models']),
    /** Compiled Whisper models. */
    PARLANCE_MODEL_CACHE: z.string().default('.cache/models'),
    PARLANCE_DEFAULT_MODEL: z.string().default('whisper-base'),
    /** Trained models of scores (training/scores). */
    PARLANCE_SCORES: z.string().default('training/scores/models'),
    /** The trained model of sign letters (training/signs). */
    PARLANCE_SIGNS: z.string().default('training/signs/models'),
    /** Loaded at start beside the default model and voice activity. */
    PARLANCE_PRELOAD: list(),
    /** For all loaded models together; by default three fifths of the memory, the rest is for the work with them. */
    PARLANCE_MODEL_MEMORY_MIB: integer(Math.floor((0.6 * memory) / MEBIBYTE), { min: 1 }),
    /** A model stays so long before it makes room for another. */
    PARLANCE_MODEL_MIN_RESIDENT_MS: milliseconds(60_000),
    /** `auto` takes CUDA where it can be had; `cuda` that cannot be had is told as a fault, and the CPU taken. */
    PARLANCE_EXECUTION_PROVIDER: z.enum(['cpu', 'cuda', 'auto']).default('cpu'),
    /** f16 is CUDA's: on the CPU its models run in 8 bits. */
    PARLANCE_PRECISION: z.enum(['f32', 'int8', 'int4', 'f16']).default('int8'),
    /** Recognition workers and the threads each computes with; together about the CPUs that this process may use. */
    PARLANCE_WORKERS: integer(Math.max(1, Math.floor(cpus / 2)), { min: 1, max: 256 }),
    PARLANCE_WORKER_THREADS: integer(Math.min(2, cpus), { min: 1, max: 64 }),
    /** For workers on cores of their own: their threads spin between two operators of a run. */
    PARLANCE_WORKER_SPINNING: flag(true),
    PARLANCE_MAX_QUEUED_JOBS: integer(64, { min: 1 }),
    /** Jobs decoded together by one worker. */
    PARLANCE_MAX_BATCH: integer(8, { min: 1, max: 8 }),
    /** A worker silent for so long within one run is replaced. */
    PARLANCE_RUN_LIMIT_MS: milliseconds(30_000),
    PARLANCE_LOAD_LIMIT_MS: milliseconds(300_000),
    /** How long a request waits for a model that is being loaded. */
    PARLANCE_MODEL_WAIT_MS: milliseconds(30_000),
    /** 0: measured at start, see admission/capacity-probe.ts. */
    PARLANCE_MAX_LIVE_STREAMS: integer(0, { max: 10_000 }),
    PARLANCE_MAX_RECORDINGS: integer(8, { min: 1 }),
    PARLANCE_MAX_RECORDING_SECONDS: integer(7200, { min: 1 }),
    /** All recordings together: 16-bit samples at 16 kHz, 32 kB a second. */
    PARLANCE_MAX_BUFFERED_SECONDS: integer(14_400, { min: 1 }),
    PARLANCE_STREAM_IDLE_MS: milliseconds(30_000),
    PARLANCE_MAX_MESSAGE_BYTES: bytes(32 * MEBIBYTE),
  })
  .transform((env, context) => ({ ...env, mutualTls: mutualTlsFrom(env, context) }))
  .transform((env) => ({
    mutualTls: env.mutualTls,
    tlsReloadMs: env.PARLANCE_TLS_RELOAD_MS,
    grpc: {
      host: env.PARLANCE_GRPC_HOST,
      port: env.PARLANCE_GRPC_PORT,
      maxConnectionAgeMs: env.PARLANCE_GRPC_CONNECTION_AGE_MS,
      maxMessageBytes: env.PARLANCE_MAX_MESSAGE_BYTES,
    },
    ops: opsFrom(env),
    telemetry: telemetryFrom(env),
    runtime: {
      workers: env.PARLANCE_WORKERS,
      intraOpThreads: env.PARLANCE_WORKER_THREADS,
      spinning: env.PARLANCE_WORKER_SPINNING,
      provider: env.PARLANCE_EXECUTION_PROVIDER,
      maxQueued: env.PARLANCE_MAX_QUEUED_JOBS,
      maxBatch: env.PARLANCE_MAX_BATCH,
      runLimitMs: env.PARLANCE_RUN_LIMIT_MS,
      loadLimitMs: env.PARLANCE_LOAD_LIMIT_MS,
    },
    catalog: {
      cacheFolder: env.PARLANCE_MODEL_CACHE,
      modelFolders: env.PARLANCE_MODELS,
      precision: env.PARLANCE_PRECISION,
      scoresFolder: env.PARLANCE_SCORES,
      signsFolder: env.PARLANCE_SIGNS,
    },
    registry: {
      defaultModel: env.PARLANCE_DEFAULT_MODEL,
      preload: [env.PARLANCE_DEFAULT_MODEL, VAD_MODEL, ...env.PARLANCE_PRELOAD],
      signalModels: [VAD_MODEL, TURN_MODEL],
      loadWaitMs: env.PARLANCE_MODEL_WAIT_MS,
      buildLimitMs: env.PARLANCE_LOAD_LIMIT_MS,
      memory: {
        limitBytes: env.PARLANCE_MODEL_MEMORY_MIB * MEBIBYTE,
        minResidentMs: env.PARLANCE_MODEL_MIN_RESIDENT_MS,
      },
    },
    admission: {
      liveStreams: env.PARLANCE_MAX_LIVE_STREAMS,
      growsLive: env.PARLANCE_MAX_LIVE_STREAMS === 0,
      recordings: env.PARLANCE_MAX_RECORDINGS,
      recordingSeconds: env.PARLANCE_MAX_BUFFERED_SECONDS,
    },
    maxRecordingSeconds: env.PARLANCE_MAX_RECORDING_SECONDS,
    streamIdleMs: env.PARLANCE_STREAM_IDLE_MS,
    drainMs: env.PARLANCE_DRAIN_MS,
  }));

export type InferenceConfig = z.infer<typeof inferenceSchema>;
