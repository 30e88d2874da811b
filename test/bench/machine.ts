import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where and with what a set of results was measured. */
export interface MachineDescription {
  readonly date: string;
  readonly machine: string;
  /** Of the last minute as the benches began: above .3 a core, something else ran too. */
  readonly load: number;
  /** `name version`, ours by its commit. */
  readonly versions: readonly string[];
}

const PYTHON_PEERS = [
  ...['openai-whisper', 'faster-whisper', 'pywhispercpp', 'openvino-genai', 'sherpa-onnx'],
  ...['whisper-live', 'whisperlivekit'],
];
const PYTHON_LIBRARIES = ['ctranslate2', 'openvino', 'nncf', 'torch'];

export async function describeMachine(root: string): Promise<MachineDescription> {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gibibytes = (totalmem() / 1024 ** 3).toFixed(0);
  return {
    date: new Date().toISOString(),
    machine: `${availableParallelism()} cores, ${processor}, ${gibibytes} GiB memory, ${platform()} ${release()} ${arch()}`,
    load: loadavg()[0] ?? NaN,
    versions: [
      `parlance ${await commit(root)}`,
      `node ${process.versions.node}`,
      `onnxruntime-node ${await packageVersion(join(root, 'node_modules/onnxruntime-node/package.json'))}`,
      ...(await pinnedVersions(root)),
    ],
  };
}

/** As the bench's own set-up pins them. */
async function pinnedVersions(root: string): Promise<string[]> {
  const folder = join(root, 'test/bench/peers');
  const pins = await Promise.all(
    ['whisperlivekit', 'whisper-live', 'openvino', 'sherpa-onnx', 'offline'].map((group) =>
      readFile(join(folder, `requirements/${group}.txt`), 'utf8'),
    ),
  );
  const lines = pins.join('\n').split('\n');
  const python = [...PYTHON_PEERS, ...PYTHON_LIBRARIES].flatMap((name) =>
    lines.filter((line) => line.startsWith(`${name}==`)).map((line) => line.replace('==', ' ')),
  );
  const node = JSON.parse(await readFile(join(folder, 'node/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return [...python, ...Object.entries(node.dependencies).map(([name, version]) => `${name} ${version}`)];
}

async function commit(root: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', root, 'describe', '--always', '--dirty']).catch(
    () => ({ stdout: 'without a commit' }),
  );
  return stdout.trim();
}

async function packageVersion(file: string): Promise<string> {
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}
