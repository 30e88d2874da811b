import * as grpc from '@grpc/grpc-js';
import { loadProtocols } from '@parlance/rpc';
import { hostileAudio, hostileInteger, hostileJson, hostileNumber, hostileText } from './hostile-values.js';
import type { SeededRandom } from './seeded-random.js';
import type { Answer, SoakRequest } from './soak-request.js';

const ANSWER_LIMIT_MS = 30_000;
const SPEECH = 'parlance.voice.v1.Speech';
const MODELS = 'inference.GRPCInferenceService';
const definitions = loadProtocols(['voice', 'inference']);

type Server = 'gatewayGrpc' | 'inferenceGrpc';

/** One call of the gateway's or inference's gRPC APIs: odd fields, or bytes that are no message. */
export function grpcRequest(random: SeededRandom): SoakRequest {
  const server: Server = random.chance(0.5) ? 'gatewayGrpc' : 'inferenceGrpc';
  const kinds = [recognize, recognize, stream, stream, noMessage];
  return random.pick(server === 'gatewayGrpc' ? kinds : [...kinds, infer, infer])(random, server);
}

function audioOf(random: SeededRandom): object | undefined {
  if (random.chance(0.1)) return undefined;
  const usual = { encoding: random.pick([1, 2, 3, 3, 3, 4]), sampleRateHz: 16_000, channels: 1 };
  if (random.chance(0.6)) return usual;
  return {
    encoding: random.int(-1, 9),
    sampleRateHz: hostileInteger(random),
    channels: hostileInteger(random),
  };
}

function recognitionOf(random: SeededRandom): object | undefined {
  if (random.chance(0.05)) return undefined;
  const fields: Readonly<Record<string, () => unknown>> = {
    model: () => hostileText(random),
    language: () => hostileText(random),
    task: () => random.int(-1, 5),
    prompt: () => hostileText(random),
    temperature: () => hostileNumber(random),
    wordTimestamps: () => true,
    withoutFallback: () => true,
    languages: () => Array.from({ length: random.int(0, 300) }, () => hostileText(random).slice(0, 20)),
    decoding: () => ({
      beamSize: hostileInteger(random),
      patience: hostileNumber(random),
      temperatures: [hostileNumber(random)],
      suppressTokens: hostileText(random),
      hotwords: hostileText(random),
      clipTimestamps: [hostileNumber(random), hostileNumber(random)],
      batchSize: hostileInteger(random),
    }),
  };
  const chosen = random.some(Object.keys(fields), 1.5).map((name) => [name, fields[name]!()]);
  return { audio: audioOf(random), ...Object.fromEntries(chosen) };
}

function recognize(random: SeededRandom, server: Server): SoakRequest {
  const method = random.pick(['Recognize', 'Assess']);
  const message = { config: recognitionOf(random), audio: hostileAudio(random) };
  return call(`${server} ${method}`, server, SPEECH, method, [message]);
}

function stream(random: SeededRandom, server: Server): SoakRequest {
  const config = {
    recognition: recognitionOf(random),
    mode: random.pick([0, 1, 1, 2, 2, 9]),
    interimResults: random.chance(0.5),
    ...(random.chance(0.3)
      ? {
          endpointing: {
            silenceMs: hostileInteger(random),
            maxUtteranceMs: hostileInteger(random),
            threshold: hostileNumber(random),
          },
        }
      : {}),
  };
  const messages = Array.from({ length: random.int(0, 5) }, () =>
    random.pick<() => object>([
      () => ({ audio: hostileAudio(random) }),
      () => ({ audio: random.bytes(random.int(0, 2_000)) }),
      () => ({ control: random.int(-1, 4) }),
      () => ({}),
      () => ({ config }),
    ])(),
  );
  const isLeft = random.chance(0.2);
  return call(
    `${server} StreamingRecognize, ${messages.length} messages${isLeft ? ', then left' : ''}`,
    server,
    SPEECH,
    'StreamingRecognize',
    random.chance(0.9) ? [{ config }, ...messages] : messages,
    isLeft,
  );
}

function infer(random: SeededRandom, server: Server): SoakRequest {
  const named = { name: random.chance(0.7) ? 'silero-vad' : hostileText(random) };
  const tensor = () => ({
    name: random.pick(['input', 'state', 'sr', hostileText(random)]),
    datatype: random.pick(['FP32', 'INT64', 'BYTES', 'FP16', hostileText(random)]),
    shape: Array.from({ length: random.int(0, 4) }, () => hostileInteger(random)),
    ...(random.chance(0.5)
      ? { contents: { fp32Contents: Array<number>(576).fill(hostileNumber(random)) } }
      : {}),
  });
  const parameters = random.chance(0.1)
    ? { [hostileText(random)]: { stringParam: hostileText(random) } }
    : {};
  const [method, message] = random.pick<() => [string, object]>([
    () => ['ModelReady', named],
    () => ['ModelMetadata', { ...named, version: random.chance(0.5) ? '' : hostileText(random) }],
    () => [
      'ModelInfer',
      {
        modelName: named.name,
        parameters,
        inputs: Array.from({ length: random.int(0, 4) }, tensor),
        outputs: random.chance(0.5) ? [] : [{ name: hostileText(random) }],
        rawInputContents: random.chance(0.3) ? [random.bytes(64)] : [],
      },
    ],
    () => ['RepositoryModelLoad', { modelName: named.name, parameters }],
  ])();
  return call(`${server} ${method}`, server, MODELS, method, [message]);
}

/** Bytes where a message belongs. */
function noMessage(random: SeededRandom, server: Server): SoakRequest {
  const method = random.pick(['Recognize', 'Assess', 'StreamingRecognize']);
  const bytes = random.chance(0.5)
    ? random.bytes(random.int(1, 400))
    : Buffer.from(JSON.stringify(hostileJson(random)) ?? '');
  return call(`${server} ${method}, no message`, server, SPEECH, method, [bytes]);
}

/** Every method is called as a stream: the wire is the same, and the messages may be any bytes. */
function call(
  title: string,
  server: Server,
  service: string,
  method: string,
  messages: readonly object[],
  isLeft = false,
): SoakRequest {
  const { [method]: definition } = definitions[service] as Record<
    string,
    grpc.MethodDefinition<object, object>
  >;
  const sent = messages.map((message) =>
    Buffer.isBuffer(message) ? message : definition!.requestSerialize(message),
  );
  const isBeneathApi = messages.some((message) => Buffer.isBuffer(message));
  return {
    title,
    api: 'grpc',
    send: async (targets) => {
      const client = new grpc.Client(targets[server], grpc.credentials.createInsecure());
      const key = server === 'gatewayGrpc' ? targets.key : undefined;
      const { code, text } = await answerOf(client, `/${service}/${method}`, sent, { key, isLeft });
      return { ...code, text, isBeneathApi, ...(isLeft ? { status: undefined } : {}) };
    },
  };
}

function answerOf(
  client: grpc.Client,
  path: string,
  messages: readonly Buffer[],
  { key, isLeft }: { readonly key: string | undefined; readonly isLeft: boolean },
): Promise<{ code: Pick<Answer, 'status' | 'code'>; text: string }> {
  const metadata = new grpc.Metadata();
  if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
  const pass = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + ANSWER_LIMIT_MS };
    const stream = client.makeBidiStreamRequest(path, pass, pass, metadata, options);
    const received: string[] = [];
    stream.on('data', (bytes: Buffer) => received.push(bytes.toString('latin1')));
    stream.on('error', () => undefined);
    stream.on('status', ({ code, details, metadata: trailers }: grpc.StatusObject) => {
      client.close();
      resolve({
        code: { status: code, code: trailers.get('parlance-error-code')[0]?.toString() },
        text: `${details}\n${JSON.stringify(trailers.getMap())}\n${received.join('\n')}`,
      });
    });
    for (const message of messages) stream.write(message);
    if (isLeft) setTimeout(() => stream.cancel(), 20);
    else stream.end();
  });
}
