import { describe, expect, it } from '@jest/globals';
import { PROVIDER_BREAKER } from '@parlance/resilience';
import { gatewaySchema, type GatewayConfig } from './gateway.config.js';

const read = (environment: Readonly<Record<string, string>> = {}) => gatewaySchema.parse(environment);
const DAY_MS = 86_400_000;

describe('the environment of the gateway', () => {
  it.each<readonly [string, (config: GatewayConfig) => unknown, unknown, string, unknown]>([
    ['PARLANCE_PUBLIC_URL', ({ http }) => http.publicUrl, '', 'https://p.example', 'https://p.example'],
    [
      'PARLANCE_STUDIO',
      ({ studio }) => studio,
      { accounts: false, organisation: null, mail: false },
      'false',
      undefined,
    ],
    ['PARLANCE_STUDIO_ORGANISATION', ({ studio }) => studio?.organisation, null, 'acme', 'acme'],
    ['PARLANCE_TRANSCRIPTION_TIMEOUT_MS', ({ http }) => http.uploadLimitMs, 3_600_000, '9000', 9_000],
    ['PARLANCE_TURN_TIMEOUT_MS', ({ turns }) => turns.answerLimitMs, 60_000, '9000', 9_000],
    ['PARLANCE_MAX_TURN_SECONDS', ({ turns }) => turns.maxSeconds, 600, '9', 9],
    ['PARLANCE_RECOGNITION_LIMIT_MS', ({ turns }) => turns.recognitionLimitMs, 30_000, '9000', 9_000],
    ['PARLANCE_LISTEN_IDLE_MS', ({ streamIdleMs }) => streamIdleMs, 60_000, '9000', 9_000],
    ['PARLANCE_SESSION_IDLE_MS', ({ sessionIdleMs }) => sessionIdleMs, 3_600_000, '0', 0],
    ['PARLANCE_TENANT_CONCURRENCY', ({ tenants }) => tenants.maxOpenRequests, 64, '9', 9],
    ['PARLANCE_LIMIT_REQUESTS_PER_SECOND', ({ quotas }) => quotas.limits.requestsPerSecond, 0, '9', 9],
    ['PARLANCE_LIMIT_STREAMS', ({ quotas }) => quotas.limits.concurrentStreams, 0, '9', 9],
    ['PARLANCE_LIMIT_AUDIO_MINUTES', ({ quotas }) => quotas.limits.audioMinutesPerDay, 0, '9', 9],
    ['PARLANCE_LIMIT_TOKENS', ({ quotas }) => quotas.limits.tokensPerDay, 0, '9', 9],
    ['PARLANCE_LIMIT_STORAGE', ({ quotas }) => quotas.limits.storageBytes, 0, '9K', 9 * 1024],
    ['PARLANCE_USAGE_INTERVAL_MS', ({ quotas }) => quotas.usageIntervalMs, 2_000, '900', 900],
    ['PARLANCE_RECOGNITION_MODELS', ({ recognition }) => recognition.otherModels, [], 'a, b', ['a', 'b']],
    ['PARLANCE_RETENTION_DAYS', ({ recordings }) => recordings.retentionDays.others, 0, '9', 9],
    ['PARLANCE_LINK_SECONDS', ({ recordings }) => recordings.linkSeconds, 900, '9', 9],
    ['PARLANCE_RECORDING_ABANDONED_MS', ({ recordings }) => recordings.abandonedMs, 60_000, '9000', 9_000],
    ['PARLANCE_RECORDING_SWEEP_MS', ({ recordings }) => recordings.sweepEveryMs, 30_000, '9000', 9_000],
    [
      'PARLANCE_STORAGE_SWEEP_MS',
      ({ recordings }) => recordings.storageSweepEveryMs,
      3_600_000,
      '9000',
      9_000,
    ],
    [
      'PARLANCE_OBJECTS_MAX_DAYS',
      ({ messaging }) => messaging.objectLimits.maxAgeMs,
      undefined,
      '9',
      9 * DAY_MS,
    ],
    ['PARLANCE_BREAKER_FAILURES', ({ remoteRecognition }) => remoteRecognition.breaker.share, 0.5, '20', 0.2],
    [
      'PARLANCE_BREAKER_MIN_CALLS',
      ({ remoteRecognition }) => remoteRecognition.breaker.leastCalls,
      10,
      '9',
      9,
    ],
    [
      'PARLANCE_BREAKER_WINDOW_MS',
      ({ remoteRecognition }) => remoteRecognition.breaker.withinMs,
      60_000,
      '9000',
      9_000,
    ],
    [
      'PARLANCE_BREAKER_HALF_OPEN_MS',
      ({ remoteRecognition }) => remoteRecognition.breaker.halfOpenAfterMs,
      60_000,
      '9000',
      9_000,
    ],
  ])('%s is read, and has its default', (name, setting, standard, value, expected) => {
    expect([setting(read()), setting(read({ [name]: value }))]).toEqual([standard, expected]);
  });

  it('has no remote recogniser by default; an OpenAI-compatible one is given 20 seconds, Hugging Face 15', () => {
    expect(read().remoteRecognition).toEqual({ breaker: PROVIDER_BREAKER });
    const { openAi, huggingFace } = read({
      PARLANCE_REMOTE_RECOGNIZER_URL: 'http://stt:8000/v1',
      PARLANCE_HF_RECOGNIZER_MODEL: 'openai/whisper-large-v3',
    }).remoteRecognition;
    expect([openAi, huggingFace]).toMatchObject([
      { model: 'whisper-1', limitMs: 20_000 },
      { model: 'openai/whisper-large-v3', limitMs: 15_000 },
    ]);
  });
});
