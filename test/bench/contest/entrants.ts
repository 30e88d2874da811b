import { join } from 'node:path';
import { ALLOCATOR } from '../../../tools/dev/src/pod-memory.js';
import type { BenchContext } from '../bench-context.js';
import { peerModules, peerPython } from '../peers/peer-environment.js';
import type { CompiledModel, ModelFolders } from '../peers/peer-models.js';
import type { Absence } from './contest.js';
import type { ContestantSpec } from './contestant.js';

export interface PeerOffer {
  readonly engine: 'openai-whisper' | 'faster-whisper' | 'whisper.cpp' | 'transformers.js';
  /** As the engine calls it. */
  readonly precision: string;
}

const F32: readonly PeerOffer[] = [
  { engine: 'openai-whisper', precision: 'f32' },
  { engine: 'faster-whisper', precision: 'float32' },
  { engine: 'transformers.js', precision: 'fp32' },
];
const REDUCED: readonly PeerOffer[] = [
  { engine: 'faster-whisper', precision: 'int8' },
  { engine: 'faster-whisper', precision: 'int8_bfloat16' },
  { engine: 'faster-whisper', precision: 'bfloat16' },
  { engine: 'whisper.cpp', precision: 'q8_0' },
  { engine: 'whisper.cpp', precision: 'f16' },
  { engine: 'transformers.js', precision: 'q8' },
];

/** What a kind of measurement cannot be asked of, each with its reason; told with the results. */
const IMPOSSIBLE: Readonly<Record<OfferKind, readonly Absence[]>> = {
  best: [],
  f32: [
    {
      peer: 'whisper.cpp-f32',
      reason: 'ggml has no f32 convolution: its im2col takes f16 kernels alone and ends the process',
    },
  ],
  beam: [{ peer: 'transformers.js', reason: 'it has no beam search: num_beams is read and ignored' }],
  batched: [
    { peer: 'openai-whisper', reason: 'it decodes one window after the other' },
    { peer: 'whisper.cpp', reason: 'it decodes one window after the other' },
    { peer: 'transformers.js', reason: 'its pipeline decodes one window after the other' },
  ],
};

export type OfferKind = 'best' | 'f32' | 'beam' | 'batched';

/** Every peer in every precision that it offers on a CPU, as far as it can do what is measured. */
export function peerOffers(kind: OfferKind): readonly PeerOffer[] {
  if (kind === 'f32') return F32;
  const impossible = IMPOSSIBLE[kind].map(({ peer }) => peer);
  return [...F32, ...REDUCED].filter(({ engine }) => !impossible.includes(engine));
}

export const impossibleOffers = (kind: OfferKind): readonly Absence[] => IMPOSSIBLE[kind];

/** How to start the peers of these offers. */
export async function peerSpecs(
  context: BenchContext,
  models: ModelFolders,
  offers: readonly PeerOffer[],
): Promise<ContestantSpec[]> {
  const { root, threads } = context;
  const python = await peerPython(context, 'offline');
  const modules = await peerModules(context);
  return offers.map(({ engine, precision }) => ({
    name: `${engine}-${precision}`,
    ...(engine === 'transformers.js'
      ? {
          command: join(root, 'node_modules/.bin/node'),
          args: [
            join(root, 'test/bench/peers/node/contestant.js'),
            modules,
            models.transformersJs,
            precision,
            String(threads),
          ],
        }
      : {
          command: python,
          args: [
            join(root, 'test/bench/peers/contestant.py'),
            engine,
            models.python,
            precision,
            String(threads),
          ],
        }),
  }));
}

/** How to start our own recogniser, as the inference service makes it, in these precisions. */
export function ourSpecs(
  { root, threads }: BenchContext,
  { compiled, name }: CompiledModel,
  precisions: readonly ('int8' | 'f32')[],
): ContestantSpec[] {
  return precisions.map((precision) => ({
    name: `ours-${precision}`,
    command: join(root, 'node_modules/.bin/node'),
    args: [
      join(root, 'dist/test/bench/contest/our-contestant.js'),
      compiled,
      name,
      precision,
      String(threads),
    ],
    environment: ALLOCATOR,
  }));
}
