import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { endProcess } from './end-process.js';
import { freePort } from './free-port.js';
import { until } from './until.js';

const PROMETHEUS = '/usr/bin/prometheus';
const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';
const RULES = 'k8s/alerts/parlance.yaml';
const START_LIMIT_MS = 30_000;

/** Debian's packages of both; `bash tools/dev/observe.sh` installs them. */
export const hasPrometheus = (): boolean => existsSync(PROMETHEUS) && existsSync(ALERTMANAGER);

/** One series of an answer to an instant query. */
export interface SeriesSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** One series over a stretch of time; values are numbers as text. */
export interface SeriesRange {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [time: number, value: string])[];
}

/** An alert as Alertmanager tells a receiver. */
interface Notice {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
}

/** A real Prometheus with the rules of the repository, and a real Alertmanager that tells this process of alerts. Both look every
 *  second. */
export class PrometheusServer {
  /** What Alertmanager has told, in its order. */
  readonly notices: Notice[] = [];

  private constructor(
    private readonly folder: string,
    private readonly url: string,
    private readonly children: readonly ChildProcess[],
    private readonly receiver: Server,
  ) {}

  /** @param speed  how many times shorter than written the windows and waits of the rules are */
  static async start(speed: number): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-prometheus-'));
    const write = (name: string, content: string | object): string => {
      const file = join(folder, name);
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    };
    const receiver = createServer();
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const [port, alertPort] = [await freePort(), await freePort()];
    const alertmanager = write('alertmanager.json', {
      route: { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: hook, send_resolved: true }] }],
    });
    const targets = write('targets.json', []);
    const prometheus = write('prometheus.json', {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [write('rules.yaml', quicker(readFileSync(RULES, 'utf8'), speed))],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertPort}`] }] }] },
      scrape_configs: [
        { job_name: 'parlance', file_sd_configs: [{ files: [targets], refresh_interval: '1s' }] },
      ],
    });
    const start = (command: string, ...args: string[]): ChildProcess =>
      spawn(command, [...args, '--log.level=error'], { cwd: folder, stdio: 'ignore' });
    const children = [
      start(
        ALERTMANAGER,
        `--config.file=${alertmanager}`,
        `--storage.path=${join(folder, 'alerts')}`,
        `--web.listen-address=127.0.0.1:${alertPort}`,
        '--cluster.listen-address=',
      ),
      start(
        PROMETHEUS,
        `--config.file=${prometheus}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--rules.alert.resend-delay=1s',
        '--enable-feature=exemplar-storage',
      ),
    ];
    const server = new PrometheusServer(folder, `http://127.0.0.1:${port}`, children, receiver);
    receiver.on('request', (request, response) => {
      void json(request)
        .then((body) => server.notices.push(...(body as { alerts: Notice[] }).alerts))
        .catch(() => undefined)
        .finally(() => response.end());
    });
    const isReady = (at: string) => async (): Promise<boolean> =>
      (await fetch(`${at}/-/ready`).catch(() => undefined))?.ok ?? false;
    await until(isReady(server.url), START_LIMIT_MS);
    await until(isReady(`http://127.0.0.1:${alertPort}`), START_LIMIT_MS);
    return server;
  }

  /** Says whose metrics are read from now on. @param pods  addresses of operations ports by the names of pods */
  watch(pods: Readonly<Record<string, string>>): void {
    const targets = Object.entries(pods).map(([pod, url]) => ({
      targets: [new URL(url).host],
      // As with pods of Kubernetes, a restart is the same series.
      labels: { pod, namespace: 'speech', instance: pod },
    }));
    writeFileSync(join(this.folder, 'targets.json'), JSON.stringify(targets));
  }

  /** @throws Error with what Prometheus says against the expression */
  async query(expression: string): Promise<readonly SeriesSample[]> {
    const answer = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const body = (await answer.json()) as { error?: string; data?: { result: SeriesSample[] } };
    if (!body.data) throw new Error(`${expression}: ${body.error}`);
    return body.data.result;
  }

  /** An expression over the last seconds, each second. @throws Error with what Prometheus says against it */
  async queryRange(expression: string, seconds: number): Promise<readonly SeriesRange[]> {
    const end = Date.now() / 1_000;
    const range = { query: expression, start: String(end - seconds), end: String(end), step: '1s' };
    const answer = await fetch(`${this.url}/api/v1/query_range?${new URLSearchParams(range)}`);
    const body = (await answer.json()) as { error?: string; data?: { result: SeriesRange[] } };
    if (!body.data) throw new Error(`${expression}: ${body.error}`);
    return body.data.result;
  }

  /** What Alertmanager has last told of each alert's series. */
  private last(alert: string): readonly Notice['status'][] {
    const bySeries = new Map<string, Notice['status']>();
    for (const { status, labels } of this.notices)
      if (labels.alertname === alert) bySeries.set(JSON.stringify(labels), status);
    return [...bySeries.values()];
  }

  isFiring(alert: string): boolean {
    return this.last(alert).includes('firing');
  }

  /** Whether it has fired, and every series of it is resolved. */
  hasCleared(alert: string): boolean {
    const states = this.last(alert);
    return states.length > 0 && states.every((status) => status === 'resolved');
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map((child) => endProcess(child, 'SIGKILL')));
    this.receiver.closeAllConnections();
    await new Promise((resolve) => this.receiver.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** The rules with each window `[5m]` and each `for: 5m` shortened; thresholds stay. */
function quicker(rules: string, speed: number): string {
  const shortened = (count: string, unit: string): string =>
    `${Math.max(1, Math.round((Number(count) * SECONDS[unit as keyof typeof SECONDS]) / speed))}s`;
  return rules
    .replace(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => `[${shortened(count, unit)}]`)
    .replace(
      /^( +for: )(\d+)([smhd])$/gm,
      (_, key: string, count: string, unit: string) => key + shortened(count, unit),
    );
}
