import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersHttp, listensOnTcp } from '@parlance/cli/machine/readiness';
import type { Settings } from '@parlance/cli/machine/settings';
import type { ProcessDefinition } from './platform-processes.js';

/** Where Debian's packages put their programs. */
const DEBIAN = '/usr/bin';

/** Collector, Jaeger, Prometheus and Alertmanager: those of them that are installed. */
export function observationProcesses(settings: Settings): ProcessDefinition[] {
  return [jaeger(settings), collector(settings), alertmanager(settings), prometheus(settings)].filter(
    ({ command }) => existsSync(command),
  );
}

/** Where the services of this machine send their spans. */
export function otlpEndpoint({ ports }: Settings): string {
  return `http://127.0.0.1:${ports.otlp}`;
}

function jaeger({ root, ports }: Settings): ProcessDefinition {
  return {
    name: 'jaeger',
    command: join(root, '.cache/bin/jaeger'),
    args: [
      `--query.http-server.host-port=127.0.0.1:${ports.jaeger}`,
      '--query.grpc-server.host-port=127.0.0.1:0',
      `--collector.otlp.grpc.host-port=127.0.0.1:${ports.jaegerOtlp}`,
      '--collector.otlp.http.host-port=127.0.0.1:0',
      '--collector.http-server.host-port=127.0.0.1:0',
      '--collector.grpc-server.host-port=127.0.0.1:0',
      '--admin.http.host-port=127.0.0.1:0',
      '--memory.max-traces=20000',
      '--log-level=warn',
    ],
    // Its own requests are nobody's turns.
    environment: { OTEL_TRACES_SAMPLER: 'always_off' },
    ports: ['jaeger', 'jaegerOtlp'],
    isReady: answersHttp(`http://127.0.0.1:${ports.jaeger}/api/services`),
  };
}

function collector({ root, ports, environment }: Settings): ProcessDefinition {
  return {
    name: 'collector',
    command: join(root, '.cache/bin/otel-collector'),
    args: ['--config', join(root, 'compose/otel-collector.yaml')],
    environment: {
      OTLP_HTTP_ADDRESS: `127.0.0.1:${ports.otlp}`,
      TRACES_ADDRESS: `127.0.0.1:${ports.jaegerOtlp}`,
      COLLECTOR_METRICS_PORT: String(ports.collectorMetrics),
      // On a machine for development every turn can be looked at, and soon.
      TRACE_DECISION_WAIT: environment.TRACE_DECISION_WAIT || '10s',
      TRACE_SHARE_PERCENT: environment.TRACE_SHARE_PERCENT || '100',
    },
    ports: ['otlp', 'collectorMetrics'],
    isReady: listensOnTcp(ports.otlp),
  };
}

function prometheus(settings: Settings): ProcessDefinition {
  const { ports, data } = settings;
  return {
    name: 'prometheus',
    command: join(DEBIAN, 'prometheus'),
    args: [
      `--config.file=${written(settings, 'prometheus.json', scraping(settings))}`,
      `--storage.tsdb.path=${join(data, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    environment: {},
    ports: ['prometheus'],
    isReady: answersHttp(`http://127.0.0.1:${ports.prometheus}/-/ready`),
  };
}

function alertmanager(settings: Settings): ProcessDefinition {
  const { ports, data } = settings;
  const config = { route: { receiver: 'page' }, receivers: [{ name: 'page' }] };
  return {
    name: 'alertmanager',
    command: join(DEBIAN, 'prometheus-alertmanager'),
    args: [
      `--config.file=${written(settings, 'alertmanager.json', config)}`,
      `--storage.path=${join(data, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    environment: {},
    ports: ['alertmanager'],
    isReady: answersHttp(`http://127.0.0.1:${ports.alertmanager}/-/ready`),
  };
}

/** What Prometheus scrapes, and the alerts of the repository where they are plain rule files. */
function scraping({ root, ports }: Settings): object {
  const job = (name: string, port: number) => ({
    job_name: name,
    static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { service: name } }],
  });
  const rules = join(root, 'k8s/alerts');
  return {
    global: { scrape_interval: '5s', evaluation_interval: '5s' },
    rule_files: existsSync(rules)
      ? readdirSync(rules)
          .filter((file) => file.endsWith('.yaml'))
          .map((file) => join(rules, file))
      : [],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
    scrape_configs: [
      job('gateway', ports.gatewayOps),
      job('inference', ports.inferenceOps),
      job('conversation', ports.conversationOps),
      job('tts', ports.ttsOps),
      job('collector', ports.collectorMetrics),
    ],
  };
}

/** JSON is YAML: written where what is made at run time lies. @returns its path */
function written({ cache }: Settings, name: string, content: object): string {
  const folder = join(cache, 'observe');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return file;
}
