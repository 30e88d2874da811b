import {
  credentials,
  loadPackageDefinition,
  status,
  type Client,
  type ClientDuplexStream,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProtocols } from '@parlance/rpc';
import { loadSync } from '@grpc/proto-loader';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { MODEL_ENVIRONMENT, modelFile } from '../support/models.js';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';

interface ServiceList {
  readonly listServicesResponse: { readonly service: readonly { readonly name: string }[] };
}
interface Reflection extends Client {
  serverReflectionInfo(): ClientDuplexStream<{ listServices: string }, ServiceList>;
}
interface Health extends Client {
  check(request: object, callback: (error: unknown, answer?: { status: string }) => void): void;
}

/** Silero VAD's inputs for one frame at 16 kHz: 64 samples of context and 512 new ones. */
function vadInputs(frame: Float32Array) {
  return [
    { name: 'input', datatype: 'FP32', shape: [1, 576], data: frame },
    { name: 'state', datatype: 'FP32', shape: [2, 1, 128], data: new Float32Array(256) },
    { name: 'sr', datatype: 'INT64', shape: [], data: BigInt64Array.of(16_000n) },
  ];
}

const bytesOf = (data: Float32Array | BigInt64Array): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

describe('inference, models and common services', () => {
  let inference: InferenceProcess;
  let models: string;
  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), 'parlance-models-'));
    await mkdir(join(models, 'detector'));
    await copyFile(modelFile('silero-vad', 'silero_vad.onnx'), join(models, 'detector/detector.onnx'));
    inference = await InferenceProcess.start({
      PARLANCE_MODELS: `${models},${MODEL_ENVIRONMENT.PARLANCE_MODELS}`,
    });
  }, 120_000);
  afterAll(async () => {
    await inference.stop();
    await rm(models, { recursive: true });
  });

  const call = <
    Name extends
      | 'serverLive'
      | 'serverReady'
      | 'modelReady'
      | 'modelMetadata'
      | 'modelInfer'
      | 'modelConfig'
      | 'modelStatistics'
      | 'repositoryIndex'
      | 'repositoryModelLoad'
      | 'repositoryModelUnload',
  >(
    name: Name,
  ) => inference.models[name].bind(inference.models) as never;

  it('says that it lives, is ready, and what it has', async () => {
    expect(await ask(call('serverLive'), {})).toEqual({ live: true });
    expect(await ask(call('serverReady'), {})).toEqual({ ready: true });
    expect(await ask(call('modelReady'), { name: 'silero-vad' })).toEqual({ ready: true });
    expect(await ask(call('modelMetadata'), { name: 'silero-vad' })).toMatchObject({
      name: 'silero-vad',
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'input', datatype: 'FP32', shape: [-1, -1] },
        { name: 'state', datatype: 'FP32', shape: [2, -1, 128] },
        { name: 'sr', datatype: 'INT64', shape: [] },
      ],
    });
    expect(await ask(call('modelMetadata'), { name: 'whisper-tiny.en' })).toMatchObject({
      platform: 'parlance_whisper',
      properties: { default: 'true', state: 'ready' },
    });
  });

  it('runs a model the same with raw and with typed contents', async () => {
    const pcm = speechPcm(READ_SPEECH.letter);
    const frame = Float32Array.from({ length: 576 }, (_, i) => pcm.readInt16LE(2 * (24_000 + i)) / 32768);
    const inputs = vadInputs(frame);
    const described = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    interface Answer {
      outputs: { name: string; shape: number[] }[];
      rawOutputContents: Buffer[];
    }
    const raw = await ask<object, Answer>(call('modelInfer'), {
      modelName: 'silero-vad',
      id: 'a',
      inputs: described,
      rawInputContents: inputs.map(({ data }) => bytesOf(data)),
    });
    const typed = await ask<object, Answer>(call('modelInfer'), {
      modelName: 'silero-vad',
      id: 'a',
      inputs: inputs.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        contents: data instanceof Float32Array ? { fp32Contents: [...data] } : { int64Contents: [16_000] },
      })),
      outputs: [{ name: 'output' }],
    });
    expect(raw).toMatchObject({
      modelName: 'silero-vad',
      id: 'a',
      outputs: [{ name: 'output', shape: [1, 1] }, { name: 'stateN' }],
    });
    expect(typed.outputs.map((output) => output.name)).toEqual(['output']);
    expect(typed.rawOutputContents[0]).toEqual(raw.rawOutputContents[0]);
    const probability = raw.rawOutputContents[0]!.readFloatLE(0);
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThanOrEqual(1);
  });

  it('describes a model that is not loaded as one that is', async () => {
    interface Described {
      readonly inputs: readonly object[];
      readonly outputs: readonly object[];
    }
    const [unloaded, loaded] = [
      await ask<object, Described>(call('modelMetadata'), { name: 'detector' }),
      await ask<object, Described>(call('modelMetadata'), { name: 'silero-vad' }),
    ];
    expect(unloaded).toMatchObject({ properties: { state: 'available' } });
    expect([unloaded.inputs, unloaded.outputs]).toEqual([loaded.inputs, loaded.outputs]);
    expect(await ask(call('modelConfig'), { name: 'detector' })).toMatchObject({
      config: {
        backend: 'onnxruntime',
        maxBatchSize: 0,
        defaultModelFilename: 'detector.onnx',
        input: [
          { name: 'input', dataType: 'TYPE_FP32', dims: [-1, -1] },
          { name: 'state' },
          { name: 'sr', dataType: 'TYPE_INT64', dims: [] },
        ],
      },
    });
  });

  it('indexes its models, loaded or not, and counts what it runs', async () => {
    interface Index {
      readonly models: readonly { readonly name: string; readonly state: string }[];
    }
    interface Statistics {
      readonly modelStats: readonly { readonly executionCount: number }[];
    }
    const states = async (request: object) =>
      Object.fromEntries(
        (await ask<object, Index>(call('repositoryIndex'), request)).models.map(({ name, state }) => [
          name,
          state,
        ]),
      );
    expect(await states({})).toMatchObject({ detector: 'UNAVAILABLE', 'silero-vad': 'READY' });
    expect(await states({ ready: true })).not.toHaveProperty('detector');
    const { modelStats } = await ask<object, Statistics>(call('modelStatistics'), { name: 'silero-vad' });
    expect(modelStats[0]!.executionCount).toBeGreaterThan(0);
  });

  it('answers the requests of a stream in order, and goes on after one that fails', async () => {
    const stream = inference.models.modelStreamInfer();
    const answers: { errorMessage: string; inferResponse: { id: string } | null }[] = [];
    const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
    stream.on('data', (answer: (typeof answers)[number]) => answers.push(answer));
    const inputs = vadInputs(new Float32Array(576));
    const good = {
      modelName: 'silero-vad',
      inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      rawInputContents: inputs.map(({ data }) => bytesOf(data)),
    };
    stream.write({ ...good, id: 'a' });
    stream.write({ modelName: 'nothing', id: 'b' });
    stream.write({ ...good, id: 'c' });
    stream.end();
    await ended;
    expect(answers.map(({ inferResponse }) => inferResponse?.id)).toEqual(['a', 'b', 'c']);
    expect(answers.map(({ errorMessage }) => errorMessage.split(':')[0])).toEqual([
      '',
      'model.not_found',
      '',
    ]);
  });

  it('tells the classes of an output where they are asked for', async () => {
    const inputs = vadInputs(new Float32Array(576));
    const answer = await ask<object, { outputs: object[]; rawOutputContents: Buffer[] }>(call('modelInfer'), {
      modelName: 'silero-vad',
      inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      rawInputContents: inputs.map(({ data }) => bytesOf(data)),
      outputs: [{ name: 'output', parameters: { classification: { int64Param: 3 } } }],
    });
    expect(answer.outputs).toMatchObject([{ name: 'output', datatype: 'BYTES', shape: [1] }]);
    expect(answer.rawOutputContents[0]!.toString('utf8', 4)).toMatch(/^0\.\d{6}:0$/);
  });

  it('loads a model on demand and lets it go', async () => {
    expect(await ask(call('modelReady'), { name: 'detector' })).toEqual({ ready: false });
    await ask(call('repositoryModelLoad'), { modelName: 'detector' });
    expect(await ask(call('modelReady'), { name: 'detector' })).toEqual({ ready: true });
    await ask(call('repositoryModelUnload'), { modelName: 'detector' });
    expect(await ask(call('modelReady'), { name: 'detector' })).toEqual({ ready: false });
  }, 30_000);

  it.each([
    ['an unknown model', { modelName: 'nothing' }, 'model.not_found'],
    [
      'an unknown datatype',
      { modelName: 'silero-vad', inputs: [{ name: 'input', datatype: 'FP16', shape: [1] }] },
      'request.invalid',
    ],
    [
      'a shape that lies',
      {
        modelName: 'silero-vad',
        inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 576] }],
        rawInputContents: [Buffer.alloc(8)],
      },
      'request.invalid',
    ],
    ['inputs missing', { modelName: 'silero-vad' }, 'request.invalid'],
    [
      'an output that is not there',
      { modelName: 'silero-vad', outputs: [{ name: 'nope' }] },
      'request.invalid',
    ],
    ['audio for Whisper', { modelName: 'whisper-tiny.en' }, 'request.invalid'],
  ])('refuses %s', async (_, request, code) => {
    await expect(ask(call('modelInfer'), request)).rejects.toMatchObject({ code });
  });

  const classes = { class_count: { int64Param: 3 } };
  const tensor = { name: 'sr', datatype: 'INT64', shape: [] };
  it.each([
    ['class_count', 'modelInfer', { modelName: 'silero-vad', parameters: classes }],
    [
      'class_count',
      'modelInfer',
      { modelName: 'silero-vad', outputs: [{ name: 'output', parameters: classes }] },
    ],
    ['class_count', 'modelInfer', { modelName: 'silero-vad', inputs: [{ ...tensor, parameters: classes }] }],
    [
      "'sr' is there twice",
      'modelInfer',
      {
        modelName: 'silero-vad',
        inputs: [tensor, tensor].map((one) => ({ ...one, contents: { int64Contents: [1] } })),
      },
    ],
    [
      "'sr' has contents beside",
      'modelInfer',
      {
        modelName: 'silero-vad',
        inputs: [{ ...tensor, contents: { int64Contents: [1] } }],
        rawInputContents: [Buffer.alloc(8)],
      },
    ],
    ['repository_name', 'repositoryModelLoad', { modelName: 'detector', repositoryName: 'other' }],
    [
      'config',
      'repositoryModelLoad',
      { modelName: 'detector', parameters: { config: { stringParam: '{}' } } },
    ],
    ['force', 'repositoryModelUnload', { modelName: 'detector', parameters: { force: { boolParam: true } } }],
  ] as const)('refuses %s of %s by its name: it would have no effect', async (name, method, request) => {
    await expect(ask(call(method), request)).rejects.toMatchObject({
      code: 'request.invalid',
      details: expect.stringContaining(name),
    });
  });

  it('has one version of a model, and takes what stock clients always send', async () => {
    expect(await ask(call('modelReady'), { name: 'silero-vad', version: '1' })).toEqual({ ready: true });
    expect(await ask(call('modelReady'), { name: 'silero-vad', version: '2' })).toEqual({ ready: false });
    await expect(ask(call('modelMetadata'), { name: 'silero-vad', version: '2' })).rejects.toMatchObject({
      code: 'model.not_found',
    });
    await ask(call('repositoryModelLoad'), { modelName: 'detector' });
    const parameters = { unload_dependents: { boolParam: false } };
    await ask(call('repositoryModelUnload'), { modelName: 'detector', parameters });
    for (const name of ['constructor', '__proto__'])
      await expect(ask(call('modelInfer'), { modelName: name })).rejects.toMatchObject({
        code: 'model.not_found',
      });
  }, 30_000);

  it('keeps the default model, and what it loads at its start', async () => {
    for (const modelName of ['whisper-tiny.en', 'silero-vad'])
      await expect(ask(call('repositoryModelUnload'), { modelName })).rejects.toMatchObject({
        status: status.INVALID_ARGUMENT,
      });
  });

  it('lists its services by reflection and answers health checks', async () => {
    const proto = fileURLToPath(
      import.meta.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto'),
    );
    const reflection = loadPackageDefinition(loadSync(proto)) as never as {
      grpc: { reflection: { v1: { ServerReflection: new (address: string, c: unknown) => Reflection } } };
    };
    const client = new reflection.grpc.reflection.v1.ServerReflection(
      inference.address,
      credentials.createInsecure(),
    );
    const stream = client.serverReflectionInfo();
    const names = await new Promise<string[]>((resolve, reject) => {
      stream.on('error', reject);
      stream.on('data', (answer: ServiceList) =>
        resolve(answer.listServicesResponse.service.map((service) => service.name)),
      );
      stream.write({ listServices: '*' });
    });
    stream.end();
    client.close();
    expect(names).toEqual(
      expect.arrayContaining([
        'parlance.voice.v1.Speech',
        'inference.GRPCInferenceService',
        'grpc.health.v1.Health',
      ]),
    );

    const health = loadPackageDefinition(loadProtocols(['health'])) as never as {
      grpc: { health: { v1: { Health: new (address: string, c: unknown) => Health } } };
    };
    const probe = new health.grpc.health.v1.Health(inference.address, credentials.createInsecure());
    expect(await ask(probe.check.bind(probe) as never, { service: 'parlance.voice.v1.Speech' })).toEqual({
      status: 'SERVING',
    });
    probe.close();
  });
});
