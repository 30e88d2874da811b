import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listensOnTcp } from '@parlance/cli/machine/readiness';
import { endProcess } from '../../support/end-process.js';
import { freePort } from '../../support/free-port.js';
import type { BenchContext } from '../bench-context.js';
import { peerPython } from '../peers/peer-environment.js';
import { modelForm } from '../peers/model-forms.js';
import type { BenchModel } from '../peers/peer-models.js';
import type { PeerProtocol } from './peer-stream.js';
import { whisperLive } from './whisper-live.protocol.js';
import { whisperLiveKit } from './whisperlivekit.protocol.js';

const START_LIMIT_MS = 120_000;

/** What a server is told of the model. */
interface ServedModel {
  readonly name: string;
  /** In the form `python`. */
  readonly folder: string;
}

/** A live server of another project, in one of the ways it can be set up. */
export interface PeerServerKind {
  readonly name: string;
  readonly group: 'whisper-live' | 'whisperlivekit';
  args(root: string, model: ServedModel, port: number): string[];
  protocol(port: number, stream: number): PeerProtocol;
}

const liveKit = (policy: string, modelArgs: (model: ServedModel) => string[]): PeerServerKind => ({
  name: `whisperlivekit-${policy}`,
  group: 'whisperlivekit',
  args: (_root, model, port) => [
    ...`-m whisperlivekit.basic_server --host 127.0.0.1 --port ${port}`.split(' '),
    ...'--language en --pcm-input --log-level WARNING --backend faster-whisper'.split(' '),
    ...['--backend-policy', policy, '--warmup-file', '', ...modelArgs(model)],
  ],
  protocol: (port) => whisperLiveKit(port),
});

const live = (mode: string): PeerServerKind => ({
  name: `whisper-live-${mode}`,
  group: 'whisper-live',
  args: (root, model, port) => [
    join(root, 'test/bench/peers/whisper_live_server.py'),
    String(port),
    join(model.folder, 'ctranslate2'),
    mode,
  ],
  protocol: whisperLive,
});

export const PEER_SERVERS: readonly PeerServerKind[] = [
  live('single'),
  live('batched'),
  liveKit('localagreement', ({ folder }) => ['--model_dir', join(folder, 'ctranslate2')]),
  liveKit('simulstreaming', ({ folder, name }) => [
    ...['--decoder-model-path', join(folder, 'simulstreaming', `${name}.pt`)],
    ...['--encoder-model-path', join(folder, 'ctranslate2')],
  ]),
];

/** A peer's server as a process of its own. */
export class PeerServer {
  private constructor(
    readonly kind: PeerServerKind,
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** Resolves when it listens. @throws Error with the end of its output */
  static async start(context: BenchContext, kind: PeerServerKind, model: BenchModel): Promise<PeerServer> {
    const port = await freePort();
    const python = await peerPython(context, kind.group);
    const served = { name: model.name, folder: await modelForm(context, model, 'python') };
    const child = spawn(python, kind.args(context.root, served, port), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CUDA_VISIBLE_DEVICES: '',
        OMP_NUM_THREADS: String(context.threads),
        HF_HUB_OFFLINE: '1',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => (output = `${output}${String(data)}`.slice(-3_000)));
    const isListening = listensOnTcp(port);
    for (const begun = Date.now(); !(await isListening()); await delay(250)) {
      if (child.exitCode === null && Date.now() - begun < START_LIMIT_MS) continue;
      child.kill('SIGKILL');
      throw new Error(`${kind.name} did not start: ${output.trim().split('\n').slice(-3).join(' | ')}`);
    }
    return new PeerServer(kind, port, child);
  }

  stop(): Promise<void> {
    return endProcess(this.child, 'SIGKILL');
  }
}
