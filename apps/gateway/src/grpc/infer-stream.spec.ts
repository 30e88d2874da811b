import { describe, expect, it } from '@jest/globals';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelInferResponse } from '@parlance/contracts/proto/inference/ModelInferResponse';
import { AppError } from '@parlance/errors';
import { Duplex } from 'node:stream';
import { InferStream } from './infer-stream.js';

/** A stream with requests of these ids. @param infer  what runs them */
function aStream(ids: readonly string[], infer: (id: string) => Promise<ModelInferResponse>) {
  const written: object[] = [];
  const duplex = new Duplex({
    objectMode: true,
    read: () => undefined,
    write: (value: object, _encoding, done) => {
      written.push(value);
      done();
    },
  });
  for (const id of ids)
    duplex.push({ id, parameters: { triton_enable_empty_final_response: { boolParam: id === 'b' } } });
  const call = Object.assign(duplex, { cancelled: false }) as unknown as ConstructorParameters<
    typeof InferStream
  >[0];
  const asked: ModelInferRequest__Output[] = [];
  const stream = new InferStream(call, (request) => {
    asked.push(request);
    return infer(request.id);
  });
  return { stream, written, asked, end: () => duplex.push(null) };
}

describe('a stream of requests to models', () => {
  it('tells the fault of one and goes on, and says which response is the last where it is asked', async () => {
    const { stream, written, asked, end } = aStream(['a', 'b'], async (id) => {
      if (id === 'a') throw new AppError('model.not_found', 'There is none.');
      return { id };
    });
    end();
    await stream.run();
    expect(written).toEqual([
      { errorMessage: 'model.not_found: There is none.', inferResponse: { id: 'a' } },
      { inferResponse: { id: 'b', parameters: { triton_final_response: { boolParam: true } } } },
    ]);
    expect(asked.map(({ parameters }) => parameters)).toEqual([{}, {}]);
  });

  it('ends by the fault that it is cut with', async () => {
    const { stream } = aStream(['a'], () => new Promise(() => undefined));
    const run = stream.run();
    stream.cut(new AppError('auth.expired_token', 'It has expired.'));
    await expect(run).rejects.toMatchObject({ code: 'auth.expired_token' });
  });

  it('ends between requests where it is drained', async () => {
    const { stream, written } = aStream(['a'], async (id) => {
      stream.drain();
      return { id };
    });
    await stream.run();
    expect(written).toHaveLength(1);
  });
});
