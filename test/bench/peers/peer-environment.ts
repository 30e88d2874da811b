import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchContext } from '../bench-context.js';

const run = promisify(execFile);
const OUTPUT = { maxBuffer: 64 << 20 };

/** Peers that can live in one virtual environment; requirements/GROUP.txt pins every package of it. All others stand on
 *  `offline`, which holds torch, and override what they need otherwise. */
export type PeerGroup = 'offline' | 'openvino' | 'sherpa-onnx' | 'whisper-live' | 'whisperlivekit';

/** Everything installed and converted for the peers. */
export const peerFolder = (root: string): string => join(root, '.cache/bench-peers');

/** Python with a group's pinned packages, installed once from the machine's package index. @returns the interpreter */
export async function peerPython({ root, say }: BenchContext, group: PeerGroup): Promise<string> {
  const folder = join(peerFolder(root), group);
  const python = join(folder, 'bin/python');
  if (existsSync(join(folder, 'complete'))) return python;
  const base = group === 'offline' ? undefined : await sitePackages({ root, say }, 'offline');
  say(`Installing ${group} into ${folder}; this takes minutes, once.`);
  await run('python3', ['-m', 'venv', '--clear', folder]);
  if (base) await writeFile(join(await ownSitePackages(folder), 'zz-offline.pth'), `${base}\n`);
  const requirements = join(root, `test/bench/peers/requirements/${group}.txt`);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements], OUTPUT);
  await writeFile(join(folder, 'complete'), '');
  return python;
}

/** Runs a script of this folder in a group's environment. */
export async function runPeerScript(
  context: BenchContext,
  group: PeerGroup,
  name: string,
  args: readonly string[],
): Promise<void> {
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '', HF_HUB_OFFLINE: '1' };
  const script = join(context.root, 'test/bench/peers', name);
  await run(await peerPython(context, group), [script, ...args], { ...OUTPUT, env });
}

/** The Node peer's modules, installed once beside its pinned package.json. @returns the folder that holds node_modules */
export async function peerModules({ root, say }: BenchContext): Promise<string> {
  const folder = join(peerFolder(root), 'node');
  if (existsSync(join(folder, 'complete'))) return folder;
  say(`Installing transformers.js into ${folder}, once.`);
  await mkdir(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    await copyFile(join(root, 'test/bench/peers/node', file), join(folder, file));
  // Its CPU library comes with the package; the CUDA one is not fetched.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  await run('npm', ['ci', '--no-audit', '--no-fund'], { ...OUTPUT, cwd: folder, env });
  await writeFile(join(folder, 'complete'), '');
  return folder;
}

async function sitePackages(context: Pick<BenchContext, 'root' | 'say'>, group: PeerGroup): Promise<string> {
  await peerPython(context as BenchContext, group);
  return ownSitePackages(join(peerFolder(context.root), group));
}

async function ownSitePackages(folder: string): Promise<string> {
  const [version = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python3'));
  return join(folder, 'lib', version, 'site-packages');
}

/** Runs a preparation that fills `target`, unless it is complete; what a broken run left is removed first. */
export async function prepared(
  target: string,
  prepare: () => Promise<unknown>,
  say: (line: string) => void,
  what: string,
): Promise<string> {
  if (existsSync(join(target, 'complete'))) return target;
  say(`${what}, once.`);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await prepare();
  await writeFile(join(target, 'complete'), '');
  return target;
}
