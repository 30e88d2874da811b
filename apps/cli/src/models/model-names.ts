import { AppError } from '#libs/errors';
import type { HubFile } from './hub.client.js';

/** Where a model name is found, and which of the repository's files make the model. */
export interface ModelOrigin {
  readonly name: string;
  readonly repository: string;
  /** @returns files to fetch, each with its name in the model's folder */
  readonly choose: (files: readonly HubFile[]) => readonly { readonly file: HubFile; readonly as: string }[];
}

/** What the platform needs before it can hear: a recogniser and voice activity detection. */
export const ESSENTIAL_MODELS = ['whisper-tiny.en', 'silero-vad'];

const SILERO = { repository: 'onnx-community/silero-vad', file: 'onnx/model.onnx', as: 'silero_vad.onnx' };
const CONFIGURATION = ['config.json', 'generation_config.json', 'preprocessor_config.json', 'tokenizer.json'];

/** `whisper-SIZE` (OpenAI's), `silero-vad`, or any `OWNER/NAME` that holds a Whisper checkpoint.
 *  @throws AppError model.not_found for other names */
export function originOf(name: string): ModelOrigin {
  if (name === 'silero-vad') return { name, repository: SILERO.repository, choose: chooseSilero };
  if (/^whisper-[\w.-]+$/.test(name)) return { name, repository: `openai/${name}`, choose: chooseWhisper };
  if (/^[\w.-]+\/[\w.-]+$/.test(name) && !name.includes('..')) {
    return { name: name.slice(name.indexOf('/') + 1), repository: name, choose: chooseWhisper };
  }
  throw new AppError(
    'model.not_found',
    `'${name}' is no model name: use whisper-tiny.en, whisper-large-v3, silero-vad … or OWNER/NAME.`,
  );
}

function chooseSilero(files: readonly HubFile[]) {
  return files.filter(({ path }) => path === SILERO.file).map((file) => ({ file, as: SILERO.as }));
}

/** The configuration files and one set of safetensors: the single file, else the shards of the index. */
function chooseWhisper(files: readonly HubFile[]) {
  const weights = files.some(({ path }) => path === 'model.safetensors')
    ? (path: string) => path === 'model.safetensors'
    : (path: string) =>
        path === 'model.safetensors.index.json' || /^model-\d+-of-\d+\.safetensors$/.test(path);
  return files
    .filter(({ path }) => CONFIGURATION.includes(path) || weights(path))
    .map((file) => ({ file, as: file.path }));
}
