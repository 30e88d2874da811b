import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { AppError } from '@parlance/errors';
import type { ModelSource } from '@parlance/onnx';
import {
  OnnxSession,
  Tensor,
  type Job,
  type LoadedModel,
  type OnnxSessionContext,
} from '@parlance/onnx/model';

/** What the model was trained on; what stands behind is left out. */
const MOST_TOKENS = 256;

/** Operation `similarity`: two texts → the cosine of their embeddings. */
export class SentenceModel implements LoadedModel {
  readonly metadata = { inputs: [], outputs: [] };

  private constructor(
    private readonly session: OnnxSession,
    private readonly tokenizer: Tokenizer,
  ) {}

  /** @throws AppError model.invalid */
  static async open(source: ModelSource, settings: OnnxSessionContext): Promise<SentenceModel> {
    const file = join(dirname(source.location), 'tokenizer.json');
    const definition = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new AppError('model.invalid', 'The sentence model has no tokenizer.json beside it.', { cause });
    });
    const tokenizer = new Tokenizer(JSON.parse(definition) as object, {});
    return new SentenceModel(await OnnxSession.open(source.location, settings), tokenizer);
  }

  async run(operation: string, payload: unknown, job: Job): Promise<number> {
    if (operation !== 'similarity')
      throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
    const [first, second] = payload as readonly [string, string];
    return cosine(await this.embed(first, job), await this.embed(second, job));
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** The mean of the last layer over the tokens, as the model's own pooling has it. */
  private async embed(text: string, job: Job): Promise<Float64Array> {
    const { ids } = this.tokenizer.encode(text);
    const kept = ids.length <= MOST_TOKENS ? ids : [...ids.slice(0, MOST_TOKENS - 1), ids.at(-1)!];
    const filled = (value: bigint): Tensor =>
      new Tensor('int64', new BigInt64Array(kept.length).fill(value), [1, kept.length]);
    const tokens = new Tensor('int64', BigInt64Array.from(kept, BigInt), [1, kept.length]);
    const outputs = await job.run(this.session, {
      input_ids: tokens,
      attention_mask: filled(1n),
      token_type_ids: filled(0n),
    });
    const states = outputs.last_hidden_state?.data as Float32Array;
    const width = states.length / kept.length;
    const mean = new Float64Array(width);
    for (let i = 0; i < states.length; i++) mean[i % width]! += states[i]! / kept.length;
    return mean;
  }
}

function cosine(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
