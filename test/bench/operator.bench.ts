import {
  conditionOf,
  figureOf,
  installDefinitions,
  PodMetrics,
  speechModel,
  SPEECH_MODELS,
  startOperator,
  type SpeechModelObject,
} from '../support/operator.js';
import { ALLOCATOR, NODE_FLAGS } from '../../tools/dev/src/pod-memory.js';
import { Kubebox } from '../support/kubebox.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { limitRow } from './ratios.js';

/** `npm run bench:operator`: 200 SpeechModels on a real control plane. Seconds from the operator's start until all that changed while
 *  it was away is done; its writes in a minute of steady state; its memory then. `bash tools/kube/setup.sh` first. */
const MODELS = Number(process.env.PARLANCE_BENCH_MODELS || 200);
const NAMESPACE = 'bench';
const LIMIT_MS = 900_000;
const STEADY_MS = 60_000;
const MIB = 1024 ** 2;

const { root, say } = benchContext(1);
const box = await Kubebox.start({ nodes: 4, capacity: { cpu: '512', memory: '2048Gi', pods: '110' } });
const metrics = await PodMetrics.start();
// Its memory is managed as by its image and the chart.
const environment = {
  ...ALLOCATOR,
  NODE_OPTIONS: [...NODE_FLAGS, '--max-old-space-size=96'].join(' '),
  PARLANCE_OPERATOR_POD_METRICS_URL: metrics.url,
  PARLANCE_OPERATOR_SCRAPE_MS: '5000',
};
let operator: ServiceProcess | undefined;

const models = (drainSeconds: number): object[] =>
  Array.from({ length: MODELS }, (_, i) => speechModel(`model-${i}`, { drainSeconds }));
const areDone = async (generation: number): Promise<boolean> => {
  const all = await box.list<SpeechModelObject & { status?: { observedGeneration?: number } }>(
    SPEECH_MODELS(NAMESPACE),
  );
  const done = all.filter(
    (model) =>
      model.status?.observedGeneration === generation &&
      conditionOf(model, 'Ready') === 'True PodsReady' &&
      conditionOf(model, 'Reconciling') === 'False Steady',
  );
  return done.length === MODELS;
};
const writes = async (of: ServiceProcess): Promise<number> => {
  const counts = await Promise.all(
    ['POST', 'PATCH', 'DELETE'].map((verb) =>
      figureOf(of, 'parlance_operator_api_requests_total', `verb="${verb}"`),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

try {
  await installDefinitions(box);
  await box.createNamespace(NAMESPACE, 'restricted');
  operator = await startOperator(box, 'bench', environment);
  let begun = Date.now();
  await box.apply(models(60), NAMESPACE);
  await until(() => areDone(1), LIMIT_MS);
  say(`${MODELS} models made in ${((Date.now() - begun) / 1000).toFixed(1)} s`);

  await operator.end('SIGTERM');
  await box.apply(models(61), NAMESPACE);
  begun = Date.now();
  operator = await startOperator(box, 'bench', environment);
  await until(() => areDone(2), LIMIT_MS);
  const seconds = (Date.now() - begun) / 1000;
  say(`${MODELS} changed models reconciled ${seconds.toFixed(1)} s after the start`);

  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const before = await writes(operator);
  await new Promise((resolve) => setTimeout(resolve, STEADY_MS));
  const inAMinute = (await writes(operator)) - before;
  const resident = (await figureOf(operator, 'process_resident_memory_bytes ')) / MIB;
  say(`${inAMinute} writes in a minute of steady state, ${resident.toFixed(0)} MiB resident`);
  await report(root, [
    limitRow('operator-restart-seconds', seconds, 60),
    limitRow('operator-steady-writes', inAMinute, 1),
    limitRow('operator-memory-mib', resident, 200),
  ]);
} finally {
  await operator?.end('SIGTERM');
  await metrics.stop();
  await box.stop();
}
