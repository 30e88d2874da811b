import { runningProcesses, stopProcess, SUPERVISOR } from '@parlance/cli/machine/process-file';
import type { Settings } from '@parlance/cli/machine/settings';

/** First who would start the others again; stores last, so that what is in flight can still be written. */
const ORDER = [
  [SUPERVISOR],
  ['telegram'],
  ['gateway'],
  ['conversation', 'tts', 'inference'],
  ['nats', 'documents'],
  ['collector', 'prometheus'],
  ['jaeger', 'alertmanager'],
];

/** Stops what was started from this folder: gently, then hard. */
export async function stopPlatform(settings: Settings, say: (line: string) => void): Promise<void> {
  const running = (await runningProcesses(settings.processFiles)).filter(({ pid }) => pid !== process.pid);
  if (running.length === 0) {
    say('Nothing is running.');
    return;
  }
  for (const stage of ORDER) {
    await Promise.all(
      running
        .filter(({ name }) => stage.includes(name))
        .map(async (started) => {
          await stopProcess(settings.processFiles, started);
          say(`  ${started.name} stopped`);
        }),
    );
  }
}
