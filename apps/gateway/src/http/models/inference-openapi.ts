import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiResponse } from '@nestjs/swagger';
import { bodyOf } from '../openapi-bodies.js';
import { jsonSchema } from '../openapi-answers.js';
import { indexBodySchema, INFERENCE_ANSWERS, inferBodySchema, loadBodySchema } from './infer.schema.js';

export const INFERENCE_BODIES = { index: bodyOf(indexBodySchema), load: bodyOf(loadBodySchema) };

/** The body and the answer of a run: JSON, or JSON with the bytes of tensors behind it. */
export const Inference = () =>
  applyDecorators(
    ApiHeader({
      name: 'Inference-Header-Content-Length',
      required: false,
      schema: { type: 'integer' },
      description: 'Length of the JSON, where bytes of tensors stand behind it',
    }),
    ApiBody(bodyOf(inferBodySchema)),
    ApiResponse({
      status: 200,
      description: 'The outputs; as binary data where the request asks for that',
      content: {
        'application/json': { schema: jsonSchema(INFERENCE_ANSWERS.inference) },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    }),
  );
