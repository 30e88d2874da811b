import { join } from 'node:path';
import { modelFile } from '../../support/models.js';
import type { BenchContext } from '../bench-context.js';
import { peerFolder, prepared, runPeerScript, type PeerGroup } from './peer-environment.js';
import type { BenchModel } from './peer-models.js';

/** `python`: openai.pt, ctranslate2/, whisper.cpp-*.bin. The others are called by the engine that loads them. */
export type ModelForm = 'python' | 'transformers.js' | 'openvino' | 'sherpa-onnx';

interface Preparation {
  /** Run as `SCRIPT CHECKPOINT FOLDER …`. */
  readonly script: string;
  readonly group: PeerGroup;
  /** What else the script is given. */
  readonly inputs?: () => readonly string[];
}

const PREPARATIONS: Readonly<Record<ModelForm, Preparation>> = {
  python: { script: 'prepare.py', group: 'offline' },
  'transformers.js': { script: 'export_onnx.py', group: 'offline' },
  openvino: { script: 'export_openvino.py', group: 'openvino' },
  'sherpa-onnx': {
    script: 'export_sherpa.py',
    group: 'offline',
    inputs: () => [modelFile('silero-vad', 'silero_vad.onnx')],
  },
};

/** The model as some engines load it, made once. @returns its folder */
export function modelForm(
  context: BenchContext,
  { checkpoint, name }: BenchModel,
  form: ModelForm,
): Promise<string> {
  const { script, group, inputs } = PREPARATIONS[form];
  const folder = join(peerFolder(context.root), 'models', name, form);
  const prepare = async (): Promise<void> => {
    await runPeerScript(context, group, script, [checkpoint, folder, ...(inputs?.() ?? [])]);
  };
  return prepared(folder, prepare, context.say, `Converting ${name} to the form of ${form}`);
}
