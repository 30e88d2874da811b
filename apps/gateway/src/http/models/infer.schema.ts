import { z } from 'zod';

/** Where clients of the Open Inference Protocol send requests over HTTP. */
export const INFERENCE_PATH = '/v2';

/** Whether a path is one of the protocol's, which has bodies and faults of its own. */
export function isInferencePath(path: string): boolean {
  return path === INFERENCE_PATH || path.startsWith(`${INFERENCE_PATH}/`);
}

const parametersSchema = z.record(z.string().max(100), z.union([z.boolean(), z.number(), z.string()]));
const shapeSchema = z.array(z.number().int().min(0)).max(16);
const name = z.string().min(1).max(200);

/** The JSON of `POST /v2/models/{model}/infer`. */
export const inferBodySchema = z.strictObject({
  id: z.string().max(200).default(''),
  /** What KServe's client says again; the path has it. */
  model_name: z.string().max(200).optional(),
  model_version: z.string().max(20).optional(),
  parameters: parametersSchema.default({}),
  inputs: z
    .array(
      z.strictObject({
        name,
        datatype: z.string().min(1).max(20),
        shape: shapeSchema,
        parameters: parametersSchema.default({}),
        /** Flat or nested; without it the elements stand behind the JSON, as many bytes as `parameters.binary_data_size`. */
        data: z.array(z.unknown()).optional(),
      }),
    )
    .max(1_000),
  outputs: z
    .array(z.strictObject({ name, parameters: parametersSchema.default({}) }))
    .max(1_000)
    .default([]),
});
export type InferBody = z.output<typeof inferBodySchema>;
export type InferParameters = z.output<typeof parametersSchema>;

/** The JSON of a load or an unload. */
export const loadBodySchema = z.strictObject({ parameters: parametersSchema.default({}) });

/** The JSON of the repository's index. */
export const indexBodySchema = z.strictObject({ ready: z.boolean().default(false) });

const tensors = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) }));
const duration = z.object({ count: z.number(), ns: z.number() });
const configTensors = z.array(
  z.object({ name: z.string(), data_type: z.string(), dims: z.array(z.number()) }),
);

/** What the routes answer. */
export const INFERENCE_ANSWERS = {
  live: z.object({ live: z.literal(true) }),
  ready: z.object({ ready: z.literal(true) }),
  server: z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
  modelReady: z.object({ name: z.string(), ready: z.literal(true) }),
  metadata: z.object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: tensors,
    outputs: tensors,
    properties: z.record(z.string(), z.string()),
  }),
  config: z.looseObject({
    name: z.string(),
    platform: z.string(),
    backend: z.string(),
    max_batch_size: z.number().int(),
    input: configTensors,
    output: configTensors,
  }),
  statistics: z.object({
    model_stats: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        last_inference: z.number(),
        inference_count: z.number(),
        execution_count: z.number(),
        inference_stats: z.record(z.string(), duration),
      }),
    ),
  }),
  index: z.array(z.object({ name: z.string(), version: z.string(), state: z.string(), reason: z.string() })),
  nothing: z.strictObject({}),
  inference: z.object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number()),
        parameters: parametersSchema.optional(),
        data: z.array(z.unknown()).optional(),
      }),
    ),
  }),
} as const;
