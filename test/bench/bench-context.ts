import { join, resolve } from 'node:path';
import { readSettings, type Settings } from '@parlance/cli/machine/settings';

/** What every bench reads from the environment. */
export interface BenchContext {
  readonly root: string;
  readonly settings: Settings;
  /** Recordings, platforms and converted models of the benches; not committed. */
  readonly cache: string;
  readonly shared: string;
  readonly checkpoint: string;
  /** How often each measurement is repeated, engines in turn (PARLANCE_BENCH_ROUNDS). */
  readonly rounds: number;
  /** Compute threads of every engine (PARLANCE_BENCH_THREADS). */
  readonly threads: number;
  readonly say: (line: string) => void;
}

/** Only the benches' own entry points call this; what they measure gets its settings from them. */
export function benchContext(defaultRounds = 3): BenchContext {
  const settings = readSettings();
  const shared = resolve(settings.root, settings.environment.PARLANCE_SHARED || '../shared');
  return {
    root: settings.root,
    settings,
    cache: join(settings.root, '.cache/bench'),
    shared,
    checkpoint: join(shared, 'models/openai-whisper-tiny.en'),
    rounds: Number(settings.environment.PARLANCE_BENCH_ROUNDS || defaultRounds),
    threads: Number(settings.environment.PARLANCE_BENCH_THREADS || 2),
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}
