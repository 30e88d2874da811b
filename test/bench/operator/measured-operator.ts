import { ALLOCATOR, NODE_FLAGS } from '../../../tools/dev/src/pod-memory.js';
import type { OperatorCluster } from '../../support/operator-cluster.js';
import type { ServiceProcess } from '../../support/service-process.js';
import { sumOf } from '../../support/metrics-page.js';
import { cpuSeconds, residentMiB } from '../process-figures.js';

/** It is at rest when it has reconciled nothing for so long: longer than between two readings of its pods. */
const QUIET_MS = 8_000;
const ASK_MS = 250;

/** An operator whose time, requests, processor time and memory are counted from its start. */
export class MeasuredOperator {
  private constructor(
    private readonly process: ServiceProcess,
    private readonly boxPid: number,
    private readonly begun: number,
    private readonly boxSeconds: number,
  ) {}

  static async start(cluster: OperatorCluster): Promise<MeasuredOperator> {
    const begun = Date.now();
    const { pid } = cluster.box;
    const boxSeconds = cpuSeconds(pid);
    const process = await cluster.operator('bench', {
      // Its memory is managed as by its image and the chart, its times are the product's.
      ...ALLOCATOR,
      NODE_OPTIONS: [...NODE_FLAGS, '--max-old-space-size=96'].join(' '),
      PARLANCE_OPERATOR_SCRAPE_MS: '5000',
      PARLANCE_OPERATOR_DISCOVERY_MS: '30000',
    });
    return new MeasuredOperator(process, pid, begun, boxSeconds);
  }

  /** Resolves when it has looked at all models and has nothing more to do.
   *  @returns seconds from its start to the end of its last reconcile */
  async atRest(models: number, limitMs: number): Promise<number> {
    let seen = -1;
    let since = Date.now();
    for (const end = Date.now() + limitMs; Date.now() < end;) {
      const reconciles = sumOf(await this.process.samples('parlance_operator_reconciles_total'));
      if (reconciles !== seen) [seen, since] = [reconciles, Date.now()];
      else if (seen >= models && Date.now() - since > QUIET_MS) return (since - this.begun) / 1000;
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
    throw new Error(`the operator was not at rest within ${limitMs} ms`);
  }

  /** Everything that it has written, but for its lease, which a leader renews as long as it leads. */
  async writes(): Promise<number> {
    const all = await this.process.samples('parlance_operator_api_requests_total');
    return sumOf(all.filter(({ labels }) => labels.verb !== 'GET' && labels.resource !== 'leases'));
  }

  residentMiB(): number {
    return residentMiB(this.process.pid);
  }

  /** What it took since the start. On a machine that does other things too, the processor time tells what the time would be. */
  async account(): Promise<string> {
    const own = cpuSeconds(this.process.pid);
    const boxes = cpuSeconds(this.boxPid) - this.boxSeconds;
    const requests = await this.process.samples('parlance_operator_api_requests_total');
    const byKind = new Map<string, number>();
    for (const { labels, value } of requests) {
      const kind = `${labels.verb} ${labels.resource}${Number(labels.status) < 300 ? '' : ` (${labels.status})`}`;
      byKind.set(kind, (byKind.get(kind) ?? 0) + value);
    }
    const counts = [...byKind].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
    return [
      `operator ${own.toFixed(1)} s of processor, ${this.residentMiB().toFixed(0)} MiB`,
      `control plane ${boxes.toFixed(1)} s of processor`,
      `requests: ${counts.join(', ')}`,
    ].join('; ');
  }

  async end(): Promise<void> {
    await this.process.end('SIGTERM');
  }
}
