import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { CliConfig } from '../cli.config.js';
import { sayResult } from '../terminal.js';
import { readMetrics } from '../top/metrics-text.js';
import { podFigures, figuresTable, type PodSample } from '../top/pod-figures.js';

const SCRAPE_LIMIT_MS = 3_000;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

interface TopOptions {
  readonly pods?: readonly string[];
  readonly every: number;
  readonly once?: boolean;
}

export function topCommand({ settings: { ports } }: CliConfig): Command {
  const here = [ports.inferenceOps, ports.gatewayOps, ports.conversationOps, ports.ttsOps];
  return new Command('top')
    .description(
      'Live streams, capacity, queue wait, real-time factor and memory of each pod, again and again',
    )
    .option(
      '--pods <urls>',
      'their operations ports, comma separated (default: those of this machine)',
      podsOf,
    )
    .option('--every <seconds>', 'how often', secondsOf, 2)
    .option('--once', 'print once, with means since each pod started')
    .action(async ({ pods, every, once }: TopOptions) => {
      const urls = pods ?? here.map((port) => `http://127.0.0.1:${port}`);
      let before: readonly PodSample[] = [];
      for (;;) {
        const now = await Promise.all(urls.map(sampleOf));
        const figures = now.map((sample) =>
          podFigures(
            sample,
            before.find(({ pod }) => pod === sample.pod),
          ),
        );
        const table = figuresTable(figures).join('\n');
        sayResult(process.stdout.isTTY && once !== true ? `${CLEAR_SCREEN}${table}` : table);
        if (once === true) {
          if (figures.every(({ isAway }) => isAway)) process.exitCode = 1;
          return;
        }
        before = now;
        await delay(every * 1_000);
      }
    });
}

async function sampleOf(pod: string): Promise<PodSample> {
  try {
    const answer = await fetch(`${pod}/metrics`, { signal: AbortSignal.timeout(SCRAPE_LIMIT_MS) });
    const page = await answer.text();
    return { pod, series: answer.ok ? readMetrics(page) : undefined };
  } catch {
    return { pod, series: undefined };
  }
}

function podsOf(text: string): string[] {
  return text.split(',').map((url) => {
    if (!URL.canParse(url.trim())) throw new InvalidArgumentError('Addresses such as http://10.0.0.7:9090.');
    return url.trim().replace(/\/+$/, '');
  });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.5)) throw new InvalidArgumentError('Half a second or more.');
  return seconds;
}
