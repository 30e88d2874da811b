import { parseArgs } from 'node:util';
import { isAppError } from '@parlance/errors';
import { compileModel, type CompileProgress } from './compile.js';
import {
  DEFAULT_PRECISIONS,
  precisionList,
  PRECISIONS,
  type ModelPrecision,
} from './whisper/weight-forms.js';

/** Progress is shown for work that takes longer than this. */
const QUIET_MS = 2000;
const LABELS: Record<CompileProgress['stage'], string> = {
  hash: 'reading the checkpoint',
  weights: 'writing weights',
  graphs: 'writing graphs',
};

function progressLine(): (progress: CompileProgress) => void {
  const started = performance.now();
  let printed = '';
  return ({ stage, done, total }) => {
    if (performance.now() - started < QUIET_MS) return;
    const line = `${LABELS[stage]}: ${Math.floor((100 * done) / total)} %`;
    if (line === printed) return;
    printed = line;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

const USAGE = `usage: main.js SOURCE TARGET [--precisions LIST]
  SOURCE  folder of a Whisper checkpoint (config.json, tokenizer.json, *.safetensors or CTranslate2's model.bin)
  TARGET  folder for the compiled model
  LIST    of ${PRECISIONS.join(', ')}, with commas between; ${DEFAULT_PRECISIONS.join(',')} where absent. int4's decoder
          layers take two thirds of int8's memory; f16 is for CUDA. What TARGET has already is kept.
`;

/** @returns undefined where the command line is not understood */
function parse(
  words: readonly string[],
): { source: string; target: string; precisions: readonly ModelPrecision[] } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { precisions: { type: 'string', default: DEFAULT_PRECISIONS.join() } },
      allowPositionals: true,
    });
    const [source, target, ...more] = positionals;
    if (!source || !target || more.length > 0) return undefined;
    return { source, target, precisions: precisionList(values.precisions) };
  } catch {
    return undefined;
  }
}

const options = parse(process.argv.slice(2));
if (options === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  try {
    const started = performance.now();
    const { manifest, built } = await compileModel({ ...options, onProgress: progressLine() });
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
