import { join } from 'node:path';
import { ALLOCATOR } from '../../../tools/dev/src/pod-memory.js';
import type { BenchContext } from '../bench-context.js';
import { modelForm, type ModelForm } from '../peers/model-forms.js';
import { peerModules, peerPython, type PeerGroup } from '../peers/peer-environment.js';
import type { BenchModel, CompiledModel } from '../peers/peer-models.js';
import type { Absence } from './contest.js';
import type { ContestantSpec } from './contestant.js';

/** Where an engine lives, and the form in which it loads a model. */
const ENGINES = {
  'openai-whisper': { group: 'offline', form: 'python' },
  'faster-whisper': { group: 'offline', form: 'python' },
  'whisper.cpp': { group: 'offline', form: 'python' },
  'openvino-genai': { group: 'openvino', form: 'openvino' },
  'sherpa-onnx': { group: 'sherpa-onnx', form: 'sherpa-onnx' },
  'transformers.js': { group: 'node', form: 'transformers.js' },
} as const satisfies Record<string, { readonly group: PeerGroup | 'node'; readonly form: ModelForm }>;

export interface PeerOffer {
  readonly engine: keyof typeof ENGINES;
  /** As the engine calls it. */
  readonly precision: string;
}

const F32: readonly PeerOffer[] = [
  { engine: 'openai-whisper', precision: 'f32' },
  { engine: 'faster-whisper', precision: 'float32' },
  { engine: 'transformers.js', precision: 'fp32' },
  { engine: 'openvino-genai', precision: 'f32' },
  { engine: 'sherpa-onnx', precision: 'f32' },
];
const REDUCED: readonly PeerOffer[] = [
  { engine: 'faster-whisper', precision: 'int8' },
  { engine: 'faster-whisper', precision: 'int8_bfloat16' },
  { engine: 'faster-whisper', precision: 'bfloat16' },
  { engine: 'whisper.cpp', precision: 'q8_0' },
  { engine: 'whisper.cpp', precision: 'f16' },
  { engine: 'transformers.js', precision: 'q8' },
  { engine: 'openvino-genai', precision: 'int8' },
  { engine: 'openvino-genai', precision: 'bf16' },
  { engine: 'sherpa-onnx', precision: 'int8' },
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
  beam: [
    { peer: 'transformers.js', reason: 'it has no beam search: num_beams is read and ignored' },
    { peer: 'sherpa-onnx', reason: 'its Whisper decodes greedily only' },
  ],
  batched: [
    { peer: 'openai-whisper', reason: 'it decodes one window after the other' },
    { peer: 'whisper.cpp', reason: 'it decodes one window after the other' },
    { peer: 'transformers.js', reason: 'its pipeline decodes one window after the other' },
    { peer: 'openvino-genai', reason: 'its pipeline decodes one window after the other' },
    { peer: 'sherpa-onnx', reason: 'its Whisper decodes one recording after the other' },
  ],
  fixed: [
    {
      peer: 'sherpa-onnx',
      reason: 'it can be told neither a number of tokens nor to go on behind the end of the text',
    },
  ],
};

/** `fixed`: a text of exactly so many tokens. */
export type OfferKind = 'best' | 'f32' | 'beam' | 'batched' | 'fixed';

/** Every peer in every precision that it offers on a CPU, as far as it can do what is measured. */
export function peerOffers(kind: OfferKind): readonly PeerOffer[] {
  if (kind === 'f32') return F32;
  const impossible = IMPOSSIBLE[kind].map(({ peer }) => peer);
  return [...F32, ...REDUCED].filter(({ engine }) => !impossible.includes(engine));
}

export const impossibleOffers = (kind: OfferKind): readonly Absence[] => IMPOSSIBLE[kind];

/** How to start the peers of these offers; one by one, what is installed and converted for them only once. */
export async function peerSpecs(
  context: BenchContext,
  model: BenchModel,
  offers: readonly PeerOffer[],
): Promise<ContestantSpec[]> {
  const peers = join(context.root, 'test/bench/peers');
  const node = join(context.root, 'node_modules/.bin/node');
  const specs: ContestantSpec[] = [];
  for (const { engine, precision } of offers) {
    const { group, form } = ENGINES[engine];
    const folder = await modelForm(context, model, form);
    const told = [folder, precision, String(context.threads)];
    const name = `${engine}-${precision}`;
    if (group === 'node')
      specs.push({
        name,
        command: node,
        args: [join(peers, 'node/contestant.js'), await peerModules(context), ...told],
      });
    else
      specs.push({
        name,
        command: await peerPython(context, group),
        args: [join(peers, 'contestant.py'), engine, ...told],
      });
  }
  return specs;
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
