/** `parlance trace` and `parlance top` against a real Jaeger, behind the collector's configuration that is shipped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { answersHttp, listensOnTcp } from '@parlance/cli/machine/readiness';
import { readSettings } from '@parlance/cli/machine/settings';
import { observationProcesses } from '../../tools/dev/src/observation-processes.js';
import { freePort } from '../support/free-port.js';
import { Platform } from '../support/platform.js';
import { runParlance } from '../support/run-parlance.js';
import { READ_SPEECH } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(180_000);

const isBuilt = ['jaeger', 'otel-collector'].every((name) => existsSync(join('.cache/bin', name)));

(isBuilt ? describe : describe.skip)('a turn in Jaeger (bash tools/dev/observe.sh builds it)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-trace-'));
  const children: ChildProcess[] = [];
  let platform: Platform;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const names = ['OTLP', 'COLLECTOR_METRICS', 'JAEGER', 'JAEGER_OTLP'] as const;
    const ports: Record<string, string> = {};
    for (const name of names) ports[`PARLANCE_${name}_PORT`] = String(await freePort());
    const settings = readSettings({ ...process.env, ...ports });
    for (const { name, command, args, environment: own } of observationProcesses(settings)) {
      if (name !== 'jaeger' && name !== 'collector') continue;
      children.push(spawn(command, args, { env: { ...process.env, ...own }, stdio: 'ignore' }));
    }
    environment = { JAEGER_URL: `http://127.0.0.1:${settings.ports.jaeger}` };
    await until(answersHttp(`${environment.JAEGER_URL}/api/services`), 60_000);
    await until(listensOnTcp(settings.ports.otlp), 60_000);
    platform = await Platform.start({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${settings.ports.otlp}` },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('is found by its id and drawn as a waterfall through all four services', async () => {
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter);
    // The collector decides once a turn's last span can have come.
    const found = await until(async () => {
      const run = await runParlance(['trace', turn.id], environment, { folder });
      return run.status === 0 && / of 4 services/.test(run.output) ? run : undefined;
    }, 90_000);
    const [head = '', ...lines] = found.output.trimEnd().split('\n');
    expect(head).toMatch(new RegExp(`^turn ${turn.id} .* of 4 services  trace [0-9a-f]{32}$`));
    expect(lines[0]).toMatch(/^gateway +POST \/api\/v1\/turns +[█·]+ +\d+ ms/);
    for (const service of ['inference', 'conversation', 'tts'])
      expect(lines.some((line) => line.startsWith(service))).toBe(true);
    expect(found.output).toMatch(/encode \d+/);
  });

  it('that is not there is said to be missing', async () => {
    const run = await runParlance(['trace', '01JZ0000000000000000000009'], environment, { folder });
    expect([run.status, run.errors]).toEqual([1, expect.stringContaining('No trace has turn')]);
  });
});
