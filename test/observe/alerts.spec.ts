/** Every alert is fired by a fault and clears once it is mended: real services, Prometheus and Alertmanager; the times of the rules are a
 *  sixtieth of what they are. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { GroqServer } from '../support/groq.js';
import { HeapInspector } from '../support/heap-inspector.js';
import { MODEL_ENVIRONMENT, NO_MODELS } from '../support/models.js';
import { hasPrometheus } from '../support/prometheus.js';
import { until } from '../support/until.js';
import {
  certificateIsOld,
  conversationIsGone,
  HALF_OPEN_MS,
  inferenceIsGone,
  languageModelIsDown,
  languageModelIsSlow,
  modelCache,
  modelIsBroken,
  MOST_STREAMS,
  ownModels,
  prepareModels,
  processFails,
  processorsAreScarce,
  recordingsQueue,
  streamsFillTheCapacity,
  workersHang,
  workIsSpoilt,
  type Fault,
} from './faults.js';
import { WatchedPlatform } from './watched-platform.js';

const SPEED = 60;
/** The longest window that an alert looks at for whether it goes on, two hours, and what is around it. */
const CLEAR_LIMIT_MS = 200_000;
const FIRE_LIMIT_MS = 120_000;

jest.setTimeout(600_000);

let groq: GroqServer;
let inspector: HeapInspector;
let watched: WatchedPlatform;

/** Each fault with the alerts that it must fire. */
const DRILLS: readonly (readonly [what: string, alerts: readonly string[], fault: Fault])[] = [
  ['a certificate is about to expire', ['CertificateExpires'], certificateIsOld],
  ['inference is gone', ['AvailabilityBurnFast', 'AvailabilityBurnSlow'], inferenceIsGone],
  [
    'the language model is slow',
    ['TurnLatencyBurnFast', 'TurnLatencyBurnSlow'],
    languageModelIsSlow(() => groq),
  ],
  ['the language model is down', ['Fallbacks', 'BreakerOpen'], languageModelIsDown(() => groq)],
  [
    'inference gets a sixth of its processors',
    ['RecognitionBurnFast', 'RecognitionBurnSlow'],
    processorsAreScarce,
  ],
  ['recordings queue', ['QueueWaits'], recordingsQueue],
  ['streams fill the capacity', ['StreamsNearCapacity', 'StreamsRefused'], streamsFillTheCapacity],
  ['a model is broken', ['ModelNotReady'], modelIsBroken],
  ['workers hang', ['WorkersLost'], workersHang],
  ['work cannot be read', ['DeadLetters'], workIsSpoilt],
  ['conversation is gone', ['MessagesWait'], conversationIsGone],
  ['a process ends by a fault', ['ProcessRestarts'], processFails(() => inspector)],
];

(hasPrometheus() ? describe : describe.skip)('alerts (bash tools/dev/observe.sh installs Prometheus)', () => {
  beforeAll(async () => {
    [groq, inspector] = await Promise.all([GroqServer.start(), HeapInspector.reserve()]);
    watched = await WatchedPlatform.start(SPEED, (folder) => {
      prepareModels(folder);
      return {
        environment: {
          PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
          PARLANCE_LLM_MODEL: 'large',
          PARLANCE_LLM_BREAKER_HALF_OPEN_MS: String(HALF_OPEN_MS),
        },
        inference: {
          PARLANCE_MODEL_CACHE: modelCache(folder),
          PARLANCE_MODELS: [ownModels(folder), MODEL_ENVIRONMENT.PARLANCE_MODELS].join(','),
          PARLANCE_MAX_LIVE_STREAMS: String(MOST_STREAMS),
          // So that eight recordings have to wait.
          PARLANCE_MAX_BATCH: '2',
          PARLANCE_RUN_LIMIT_MS: '2000',
        },
        gateway: { PARLANCE_MANAGING_TENANT: 'acme' },
        tts: { ...NO_MODELS, ...inspector.environment },
      };
    });
  });
  afterAll(async () => {
    await watched?.stop();
    await groq?.stop();
  });

  it('are all of those that the rules have', () => {
    const rules = readFileSync('k8s/alerts/parlance.yaml', 'utf8');
    const named = [...rules.matchAll(/- alert: Parlance(\w+)/g)].map(([, name]) => name);
    expect(DRILLS.flatMap(([, alerts]) => alerts).sort()).toEqual(named.sort());
  });

  it.each(DRILLS)('%s: fires %p, and they clear once it is mended', async (_, alerts, fault) => {
    const missing = (has: (alert: string) => boolean) => (): string[] =>
      alerts.filter((alert) => !has(`Parlance${alert}`));
    const quiet = missing((alert) => watched.prometheus.isFiring(alert));
    const lasting = missing((alert) => watched.prometheus.hasCleared(alert));
    const mend = await fault(watched);
    try {
      const hasFired = (alert: string): boolean =>
        watched.prometheus.notices.some(({ labels }) => labels.alertname === `Parlance${alert}`);
      await until(() => alerts.every(hasFired), FIRE_LIMIT_MS).catch(() => undefined);
      expect(alerts.filter((alert) => !hasFired(alert))).toEqual([]);
    } finally {
      await mend();
    }
    await until(() => lasting().length === 0, CLEAR_LIMIT_MS).catch(() => undefined);
    expect({ quiet: quiet(), lasting: lasting() }).toEqual({ quiet: alerts, lasting: [] });
  });
});
