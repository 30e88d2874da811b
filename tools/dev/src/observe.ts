import { runningProcesses } from '@parlance/cli/machine/process-file';
import { readSettings, type Settings } from '@parlance/cli/machine/settings';
import { busyPorts, launch, untilReady } from './launch.js';
import { observationProcesses, otlpEndpoint } from './observation-processes.js';

/** `make observe`: starts what shows a platform's traces, metrics and alerts, beside the platform, and returns. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const settings = readSettings();
  const definitions = observationProcesses(settings);
  if (definitions.length === 0) {
    process.stderr.write('Neither collector nor Jaeger nor Prometheus is installed: see the lines above.\n');
    return 1;
  }
  const running = new Set((await runningProcesses(settings.processFiles)).map(({ name }) => name));
  const absent = definitions.filter(({ name }) => !running.has(name));
  const busy = await busyPorts(absent, settings);
  if (busy.length > 0) {
    busy.forEach((line) => process.stderr.write(`${line}\n`));
    return 1;
  }
  const started = await Promise.all(absent.map((definition) => launch(definition, settings)));
  await untilReady(started, settings, say);
  say(addresses(settings, new Set(definitions.map(({ name }) => name))));
  if (running.has('gateway') && absent.some(({ name }) => name === 'collector'))
    say('The platform was up before the collector: its spans come after `make down` and `make observe`.');
  return 0;
}

function addresses(settings: Settings, present: ReadonlySet<string>): string {
  const { ports } = settings;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const lines = [
    ['collector', `Collector     ${otlpEndpoint(settings)}  (OTLP over HTTP; compose/otel-collector.yaml)`],
    ['jaeger', `Jaeger        ${at(ports.jaeger)}  (parlance trace TURN_ID)`],
    ['prometheus', `Prometheus    ${at(ports.prometheus)}`],
    ['alertmanager', `Alertmanager  ${at(ports.alertmanager)}`],
  ] as const;
  return lines
    .map(([name, line]) => (present.has(name) ? `  ${line}` : `  ${name} is not installed`))
    .join('\n');
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
process.exit();
