/** Every query of every dashboard has data while the platform works: recordings, live streams, conversations, the Telegram bot and the operator,
 *  as a real Prometheus reads them. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { DASHBOARD_PLANS } from '../../tools/observe/derived-observability.js';
import {
  plainExpression,
  plainQueries,
  type DashboardPlan,
  type PanelPlan,
} from '../../tools/observe/panels.js';
import { dashboardSheet, type DrawnLine } from '../../tools/observe/sheet.js';
import { freePort } from '../support/free-port.js';
import { GroqServer } from '../support/groq.js';
import { KUBE_PROGRAMS } from '../support/kubebox.js';
import { ModerationServer } from '../support/moderation.js';
import { speechModel } from '../support/operator.js';
import { OperatorCluster } from '../support/operator-cluster.js';
import { API_KEY } from '../support/platform.js';
import { hasPrometheus, type PrometheusServer } from '../support/prometheus.js';
import { ServiceProcess } from '../support/service-process.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { chromiumPath } from '../support/studio-browser.js';
import { TelegramServer } from '../support/telegram.js';
import { until } from '../support/until.js';
import { certificateIsOld } from './faults.js';
import { assess, converse, dictate, sign, speak, transcribe } from './load.js';
import { WatchedPlatform } from './watched-platform.js';

jest.setTimeout(600_000);

const USER = 100;
const isComplete = hasPrometheus() && existsSync(join(KUBE_PROGRAMS, 'kubebox'));

let groq: GroqServer;
let moderation: ModerationServer;
let telegram: TelegramServer;
let cluster: OperatorCluster;
let bot: ServiceProcess;
let watched: WatchedPlatform;

beforeAll(async () => {
  if (!isComplete) return;
  [groq, moderation, telegram, cluster] = await Promise.all([
    GroqServer.start(),
    ModerationServer.start(),
    TelegramServer.start(),
    OperatorCluster.start(),
  ]);
  watched = await WatchedPlatform.start(1, () => ({
    environment: {
      PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
      PARLANCE_LLM_MODEL: 'large',
      PARLANCE_LLM_PRICES: 'large=1/2',
      PARLANCE_MODERATION_URL: moderation.url,
    },
  }));
  const { platform } = watched;
  bot = await ServiceProcess.start('telegram', {
    PARLANCE_HTTP_PORT: String(await freePort()),
    TELEGRAM_BOT_TOKEN: TelegramServer.token,
    TELEGRAM_API_ROOT: telegram.url,
    PARLANCE_URL: platform.gateway.url,
    PARLANCE_API_KEY: API_KEY,
    MONGODB_URI: platform.documents.uri('telegram'),
  });
  watched.addPod('telegram-0', bot.opsUrl);
  watched.addPod('operator-0', (await cluster.operator()).opsUrl);
  await certificateIsOld(watched);
});
afterAll(async () => {
  await bot?.end('SIGTERM');
  await watched?.stop();
  await Promise.all([groq?.stop(), moderation?.stop(), telegram?.stop(), cluster?.stop()]);
});

(isComplete ? it : it.skip)(
  'no panel is empty under load (needs tools/dev/observe.sh and tools/kube/setup.sh)',
  async () => {
    const { platform, prometheus } = watched;
    await cluster.box.apply([speechModel('english')], 'default');
    for (const text of ['/start', '/task']) telegram.push(telegram.message(USER, { text }));
    await until(() => telegram.sentTo(USER).some(({ text }) => text.includes('Task 1 of')), 60_000);
    telegram.push(telegram.voice(USER, readFileSync(speechFile(READ_SPEECH.letter))));
    await Promise.all([
      transcribe(platform, 10, 2),
      assess(platform),
      sign(platform),
      dictate(platform, 10, 2),
      converse(platform, { turns: 12, people: 2 }),
      until(() => telegram.sentTo(USER).some(({ text }) => text.includes('Score:')), 120_000),
    ]);
    groq.downModels.add('large');
    await converse(platform, { turns: 12, people: 1 });
    await platform.kill('tts');
    expect(await speak(platform, 5)).toContain(503);
    await platform.restart('tts');
    const queries = DASHBOARD_PLANS.flatMap(plainQueries);
    expect(queries.length).toBeGreaterThan(80);
    const empty = async (): Promise<string[]> => {
      const answers = await Promise.all(queries.map(({ expression }) => prometheus.query(expression)));
      return queries
        .filter((_, index) => answers[index]?.length === 0)
        .map(({ panel, expression }) => `${panel}: ${expression}`);
    };
    await until(async () => (await empty()).length === 0, 60_000).catch(() => undefined);
    expect(await empty()).toEqual([]);
    for (const plan of DASHBOARD_PLANS) await drawSheet(plan, prometheus);
  },
);

/** The dashboard with the data of the last minutes; a picture of it for docs/observability.md where PARLANCE_SHEETS=write asks for that. */
async function drawSheet(plan: DashboardPlan, prometheus: PrometheusServer): Promise<void> {
  const lines = new Map<PanelPlan, DrawnLine[]>();
  for (const panel of plan.rows.flatMap((row) => row.panels)) {
    const drawn: DrawnLine[] = [];
    for (const { expression, legend } of panel.queries)
      for (const { metric, values } of await prometheus.queryRange(plainExpression(expression, '30s'), 240))
        drawn.push({
          name: legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
          points: values.map(([time, value]) => [time * 1_000, Number(value)]),
        });
    lines.set(panel, drawn);
  }
  const page = dashboardSheet(plan, (panel) => lines.get(panel) ?? []);
  expect(page).not.toContain('no data');
  if (process.env.PARLANCE_SHEETS !== 'write') return;
  const file = join(watched.folder, `${plan.uid}.html`);
  writeFileSync(file, page);
  const browser = await chromium.launch({ executablePath: chromiumPath(), chromiumSandbox: false });
  const sheet = await browser.newPage({ viewport: { width: 1796, height: 800 } });
  await sheet.goto(pathToFileURL(file).href);
  await sheet.screenshot({ path: join('docs/dashboards', `${plan.uid}.png`), fullPage: true });
  await browser.close();
}
