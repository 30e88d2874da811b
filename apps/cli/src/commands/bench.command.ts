import { Command, InvalidArgumentError } from 'commander';
import { decodeRecording } from '../audio/recording.js';
import { builtInSpeech } from '../bench/built-in-speech.js';
import { type CapacityReport, conclusion, mostHeld, stepLine, TABLE_HEAD } from '../bench/capacity.js';
import { playListen } from '../bench/listen-stream.js';
import { isHeld } from '../bench/live-figures.js';
import { playStreams, warmUpStream } from '../bench/parallel-streams.js';
import { utterancesIn } from '../bench/spoken-script.js';
import type { CliConfig } from '../cli.config.js';
import { sayProgress, sayResult } from '../terminal.js';

interface StreamsFlags {
  readonly audio?: string;
  readonly seconds: number;
  readonly limit: number;
  readonly endpointing: number;
  readonly first: number;
  readonly most: number;
  readonly json?: boolean;
}

export function benchCommand(config: CliConfig): Command {
  const bench = new Command('bench').description('Measure the platform behind PARLANCE_URL');
  bench
    .command('streams')
    .description('How many live streams does this machine hold?')
    .option('-a, --audio <file>', 'speech to play, cut at its pauses; left out: the platform speaks it')
    .option('-s, --seconds <number>', 'how long each step plays', whole(1), 20)
    .option('-l, --limit <ms>', 'within which 95 % of the finals must come after the speech', whole(1), 700)
    .option('-e, --endpointing <ms>', 'silence that ends an utterance; part of that time', whole(100), 300)
    .option('--first <number>', 'streams to begin with', whole(1), 1)
    .option('--most <number>', 'streams to stop at', whole(1), 256)
    .option('--json', 'the figures of every step as JSON')
    .action((flags: StreamsFlags) => benchStreams(config, flags));
  return bench;
}

async function benchStreams({ url, apiKey }: CliConfig, flags: StreamsFlags): Promise<void> {
  const { audio, seconds, limit: limitMs, endpointing: endpointingMs, first, most, json } = flags;
  const utterances = audio ? utterancesIn(await decodeRecording(audio)) : await builtInSpeech(url, apiKey);
  const steps: CapacityReport['steps'][number][] = [];
  const target = { url, apiKey, endpointingMs };
  // The table goes where results go, unless those are to be JSON.
  const sayLine = json ? sayProgress : sayResult;
  sayLine(TABLE_HEAD);
  await warmUpStream((script) => playListen(target, script), utterances);
  const held = await mostHeld(
    async (streams) => {
      const figures = await playStreams((script) => playListen(target, script), utterances, streams, seconds);
      const step = { ...figures, isHeld: isHeld(figures, limitMs) };
      steps.push(step);
      sayLine(stepLine(figures, step.isHeld));
      return step.isHeld;
    },
    { first, most },
  );
  const report = { url, held, limitMs, endpointingMs, steps };
  sayResult(json ? JSON.stringify(report, null, 2) : conclusion(report));
  if (held === 0) process.exitCode = 1;
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least)
      throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
    return number;
  };
}
