import { isAppError } from '#libs/errors';
import { compileModel, type CompileProgress } from './compile.js';

/** Progress is shown for work that takes longer than this. */
const QUIET_MS = 2000;
const LABELS: Record<CompileProgress['stage'], string> = {
  hash: 'reading the checkpoint',
  weights: 'writing weights',
  graphs: 'writing graphs',
};

function progressLine(): (progress: CompileProgress) => void {
  const started = performance.now();
  let shown = '';
  return ({ stage, done, total }) => {
    if (performance.now() - started < QUIET_MS) return;
    const line = `${LABELS[stage]}: ${Math.floor((100 * done) / total)} %`;
    if (line === shown) return;
    shown = line;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

const [source, target] = process.argv.slice(2);
if (!source || !target) {
  process.stderr.write(
    'usage: main.js SOURCE TARGET\n  SOURCE  folder of a Whisper checkpoint (config.json, tokenizer.json, *.safetensors)\n  TARGET  folder for the compiled model\n',
  );
  process.exitCode = 2;
} else {
  try {
    const started = performance.now();
    const { manifest, built } = await compileModel({ source, target, onProgress: progressLine() });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(
      built ? `compiled ${manifest.name} in ${seconds} s\n` : `${manifest.name} is up to date\n`,
    );
  } catch (error) {
    process.stderr.write(`${isAppError(error) ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
