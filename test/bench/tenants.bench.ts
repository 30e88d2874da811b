import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { Crowd, RecordingClient, timesOf, type RecordingAnswer } from '../support/recording-client.js';
import { until } from '../support/until.js';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { cpuSeconds } from './process-figures.js';
import { medianOf, p95Of, ratioRow } from './ratios.js';

/** `npm run bench:tenants`: how long a tenant's recordings take beside another tenant that asks for ten times what there is, divided by
 *  how long they take alone, and whose processor time the crowd's requests cost. */
const RECORDINGS = 4;
const EXCESS = 10;
const ASKED = Number(process.env.PARLANCE_BENCH_REQUESTS || 40);

const context = benchContext(3);
const { say } = context;
const platform = await Platform.start({
  services: ['inference'],
  gateway: {
    PARLANCE_TENANT_CONCURRENCY: '200',
    PARLANCE_DECODERS: String(RECORDINGS),
    PARLANCE_DECODER_QUEUE: String(RECORDINGS),
  },
  inference: { PARLANCE_MAX_RECORDINGS: String(RECORDINGS) },
});
try {
  const [greedy, other] = [API_KEY, OTHER_TENANTS_KEY].map(
    (key) => new RecordingClient(platform.gateway.url, key),
  ) as [RecordingClient, RecordingClient];
  await other.transcribeInTurn(5);
  const pairs = [];
  for (let round = 0; round < context.rounds; round += 1) {
    const alone = await other.transcribeInTurn(ASKED);
    const crowd = new Crowd(greedy, RECORDINGS * EXCESS);
    await until(() => crowd.answers.length > RECORDINGS * EXCESS, 60_000);
    const before = spent();
    const [answers, begun] = [crowd.answers.length, performance.now()];
    const beside = await other.transcribeInTurn(ASKED);
    const seconds = (performance.now() - begun) / 1000;
    const after = spent();
    const answered = crowd.answers.length - answers;
    await crowd.leave();
    const cpu = Object.entries(after).map(
      ([name, value]) => `${name} ${((value - before[name as keyof typeof before]) / seconds).toFixed(2)}`,
    );
    say(`alone ${figures(alone)}; beside the crowd ${figures(beside)}`);
    say(`  crowd ${(answered / seconds).toFixed(0)} answers/s; processors busy by ${cpu.join(', ')}`);
    const failed = beside.filter(({ status }) => status !== 200).length;
    if (failed > 0) say(`  ${failed} of the other tenant's requests failed`);
    pairs.push({ ours: p95Of(timesOf(beside)), peers: p95Of(timesOf(alone)) });
  }
  await report(context.root, [ratioRow('tenants-p95', 'alone', 2, pairs)]);
} finally {
  await platform.stop();
}

function spent() {
  return {
    gateway: cpuSeconds(platform.gateway.process.pid),
    decoders: cpuSeconds(platform.gateway.process.pid, true),
    inference: cpuSeconds(platform.service('inference').pid),
    clients: cpuSeconds(process.pid),
  };
}

function figures(answers: readonly RecordingAnswer[]): string {
  const median = medianOf(timesOf(answers));
  return `median ${median.toFixed(0)} ms, p95 ${p95Of(timesOf(answers)).toFixed(0)} ms`;
}
