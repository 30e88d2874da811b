import { z } from 'zod';
import type { ModelFile } from '../checksum.js';
import { parseJson, type HttpClient, type Opening } from '../http.client.js';
import { SourceFault } from '../source-fault.js';

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative(),
    oid: z.string(),
    lfs: z.object({ oid: z.string(), size: z.number().int().nonnegative() }).optional(),
  }),
);

export interface HubOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
}

/** Reads model repositories in Hugging Face's layout: `/api/models/REPO/tree/main` and `/REPO/resolve/main/FILE`. */
export class HubClient {
  constructor(
    private readonly http: HttpClient,
    private readonly options: HubOptions,
  ) {}

  /** @returns all files of a repository with the digests that the hub announces
   *  @throws SourceFault */
  async files(repository: string, signal: AbortSignal): Promise<ModelFile[]> {
    const url = `${this.options.endpoint}/api/models/${repository}/tree/main?recursive=true`;
    const { text } = await this.http.text(url, { headers: this.headers, signal });
    const tree = treeSchema.safeParse(parseJson(text));
    if (!tree.success) throw new SourceFault('wrong', 'answered with something that is no list of files');
    return tree.data
      .filter(({ type }) => type === 'file')
      .map(({ path, size, oid, lfs }) => ({
        path,
        bytes: lfs?.size ?? size,
        digest: lfs ? { kind: 'sha256', hex: lfs.oid } : { kind: 'git-blob', hex: oid },
      }));
  }

  /** @throws SourceFault */
  async open(repository: string, path: string, from: number, signal: AbortSignal): Promise<Opening> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return this.http.open(
      `${this.options.endpoint}/${repository}/resolve/main/${encoded}`,
      { from },
      { headers: this.headers, signal },
    );
  }

  private get headers(): Record<string, string> {
    return this.options.token === undefined ? {} : { authorization: `Bearer ${this.options.token}` };
  }
}

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
