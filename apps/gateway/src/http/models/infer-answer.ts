import type { Response } from 'express';
import type { ModelInferResponse__Output } from '@parlance/contracts/proto/inference/ModelInferResponse';
import { JSON_LENGTH_HEADER } from './infer-request.js';
import { elementsOf } from './tensor-elements.js';

/** An answer as JSON, with what is behind it. */
export interface InferAnswer {
  readonly json: object;
  readonly binary: readonly Buffer[];
}

/** @throws AppError request.invalid where an output cannot be JSON */
export function inferAnswer(
  { modelName, modelVersion, id, outputs, rawOutputContents }: ModelInferResponse__Output,
  isBinary: (output: string) => boolean,
): InferAnswer {
  const binary: Buffer[] = [];
  const told = outputs.map(({ name, datatype, shape }, index) => {
    const raw = rawOutputContents[index] ?? Buffer.alloc(0);
    if (!isBinary(name)) return { name, datatype, shape, data: elementsOf(name, datatype, raw) };
    binary.push(raw);
    return { name, datatype, shape, parameters: { binary_data_size: raw.length } };
  });
  const head = { model_name: modelName, model_version: modelVersion, ...(id === '' ? {} : { id }) };
  return { json: { ...head, outputs: told }, binary };
}

/** Sends JSON alone, or JSON whose length a header tells with the bytes behind it. */
export function sendAnswer(response: Response, { json, binary }: InferAnswer): void {
  const text = Buffer.from(JSON.stringify(json));
  response.status(200);
  if (binary.length === 0) response.type('application/json').end(text);
  else
    response
      .setHeader(JSON_LENGTH_HEADER, String(text.length))
      .type('application/octet-stream')
      .end(Buffer.concat([text, ...binary]));
}
