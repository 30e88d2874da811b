/** contestant.js MODULES MODEL_FOLDER PRECISION THREADS: transformers.js behind the same lines of JSON as contestant.py. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [modules, folder, precision, threads] = process.argv.slice(2);
const packages = createRequire(join(modules, 'package.json'));
const entry = packages.resolve('@huggingface/transformers');
const { env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const recognise = await pipeline('automatic-speech-recognition', basename(folder), {
  dtype: precision,
  session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 },
});
say({ version: env.version });

for await (const line of createInterface({ input: process.stdin })) {
  const { recordings, beamSize, fixedTokens } = JSON.parse(line);
  const audio = recordings.map(read);
  const [cpu, begun] = [process.cpuUsage(), performance.now()];
  const texts = [];
  for (const samples of audio) texts.push(await transcribe(samples, beamSize, fixedTokens));
  const wallSeconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  say({ wallSeconds, cpuSeconds: (user + system) / 1e6, texts });
}

/** Windows of 30 s without overlap: the least work it can do. */
async function transcribe(samples, beamSize, fixedTokens) {
  const { text } = await recognise(samples, {
    // An English-only model takes no language.
    ...(recognise.model.generation_config?.is_multilingual ? { language: 'en', task: 'transcribe' } : {}),
    chunk_length_s: 30,
    stride_length_s: 0,
    num_beams: beamSize,
    ...(fixedTokens
      ? { max_new_tokens: fixedTokens, min_new_tokens: fixedTokens }
      : { return_timestamps: true }),
  });
  return text.trim();
}

/** A 16 kHz mono 16-bit WAV as the bench writes it. */
function read(file) {
  const bytes = readFileSync(file);
  const start = bytes.indexOf('data', 12) + 8;
  const samples = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length),
  );
  return Float32Array.from(samples, (sample) => sample / 32768);
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
