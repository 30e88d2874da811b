import type { ModelFile } from '../checksum.js';
import { SourceFault } from '../source-fault.js';

const CONFIGURATION = ['config.json', 'generation_config.json', 'preprocessor_config.json', 'tokenizer.json'];
const CTRANSLATE2 = ['model.bin', 'vocabulary.txt', 'vocabulary.json'];

/** Chooses what makes a Whisper checkpoint of a repository's files: the configuration and one set of weights, which is
 *  model.safetensors, else the shards of its index, else CTranslate2's model.bin.
 *  @throws SourceFault when the repository holds none */
export function chooseCheckpoint(files: readonly ModelFile[]): ModelFile[] {
  const has = (path: string) => files.some((file) => file.path === path);
  const isWeights = has('model.safetensors')
    ? (path: string) => path === 'model.safetensors'
    : has('model.safetensors.index.json')
      ? (path: string) =>
          path === 'model.safetensors.index.json' || /^model-\d+-of-\d+\.safetensors$/.test(path)
      : (path: string) => CTRANSLATE2.includes(path);
  const chosen = files.filter(({ path }) => CONFIGURATION.includes(path) || isWeights(path));
  const hasWeights = chosen.some(({ path }) => /\.safetensors$|^model\.bin$/.test(path));
  if (!hasWeights || !has('config.json') || !has('tokenizer.json')) {
    throw new SourceFault(
      'missing',
      'holds no Whisper checkpoint (config.json, tokenizer.json and model.safetensors or model.bin)',
    );
  }
  return chosen;
}
