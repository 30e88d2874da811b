import { conditionOf, speechModel, SPEECH_MODELS, type SpeechModelObject } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import { until } from '../support/until.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { MeasuredOperator } from './operator/measured-operator.js';
import { limitRow } from './ratios.js';

/** `npm run bench:operator`: 200 SpeechModels on a real control plane. Seconds from the operator's start until it has looked at all of
 *  them and is at rest, once as it left them and once with all of them changed while it was away; its writes in a minute of steady
 *  state; its memory then. `bash tools/kube/setup.sh` first. */
const MODELS = Number(process.env.PARLANCE_BENCH_MODELS || 200);
const NAMESPACE = 'bench';
const LIMIT_MS = 1_800_000;
const STEADY_MS = 60_000;
const ASK_MS = 1_000;

const { root, say } = benchContext(1);
const cluster = await OperatorCluster.start({
  nodes: 4,
  capacity: { cpu: '512', memory: '2048Gi', pods: '110' },
});
const { box } = cluster;

const models = (drainSeconds: number): object[] =>
  Array.from({ length: MODELS }, (_, i) => speechModel(`model-${i}`, { drainSeconds }));

/** Resolves when the status of every model tells of this generation and of nothing left to do. */
async function done(generation: number): Promise<void> {
  const isDone = (model: SpeechModelObject): boolean =>
    model.status?.observedGeneration === generation &&
    conditionOf(model, 'Ready') === 'True PodsReady' &&
    conditionOf(model, 'Reconciling') === 'False Steady';
  await until(async () => {
    const all = await box.list<SpeechModelObject>(SPEECH_MODELS(NAMESPACE));
    if (all.filter(isDone).length === MODELS) return true;
    // Each look costs the API server a list of everything.
    await pause(ASK_MS);
    return false;
  }, LIMIT_MS);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

try {
  await box.createNamespace(NAMESPACE, 'restricted');
  let operator = await MeasuredOperator.start(cluster);
  await box.apply(models(60), NAMESPACE);
  await done(1);
  const made = await operator.atRest(MODELS, LIMIT_MS);
  say(`${MODELS} models made in ${made.toFixed(1)} s: ${await operator.account()}`);
  await operator.end();

  operator = await MeasuredOperator.start(cluster);
  const seconds = await operator.atRest(MODELS, LIMIT_MS);
  say(`started again, nothing changed, at rest after ${seconds.toFixed(1)} s: ${await operator.account()}`);
  const before = await operator.writes();
  await pause(STEADY_MS);
  const inAMinute = (await operator.writes()) - before;
  const residentMiB = operator.residentMiB();
  say(`a minute of steady state: ${inAMinute} writes beside the lease's; ${await operator.account()}`);
  await operator.end();

  await box.apply(models(61), NAMESPACE);
  operator = await MeasuredOperator.start(cluster);
  await done(2);
  const changedSeconds = await operator.atRest(MODELS, LIMIT_MS);
  say(
    `started again, all changed, at rest after ${changedSeconds.toFixed(1)} s: ${await operator.account()}`,
  );
  await report(root, [
    limitRow('operator-restart-seconds', seconds, 60),
    limitRow('operator-restart-changed-seconds', changedSeconds, 60),
    limitRow('operator-steady-writes', inAMinute, 1),
    limitRow('operator-memory-mib', residentMiB, 200),
  ]);
} finally {
  await cluster.stop();
}
