/** What clients may send to harm others: invented names, absurd values, streams left behind, more than their share. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AudioFormat, RecognitionConfig, StreamingConfig } from '@parlance/contracts';
import { loadProtocols } from '@parlance/rpc';
import { ask, InferenceProcess, type SpeechStream } from '../support/inference-process.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const LIVE: StreamingConfig = {
  recognition: { audio: PCM },
  mode: 'STREAMING_MODE_LIVE',
  interimResults: true,
};
const HELD = 4;
const LIVE_COUNT = 'parlance_inference_active_streams{kind="live"}';
const MEBIBYTE = 2 ** 20;

// Machines that test are often busy.
jest.setTimeout(120_000);

/** A message of a proto, as its descriptor has it. */
interface MessageType {
  readonly name: string;
  readonly field: readonly { readonly name: string; readonly typeName: string }[];
  readonly nestedType: readonly MessageType[];
}

const PROTOCOL = loadProtocols(['inference']);
const messageType = (name: string): MessageType =>
  (PROTOCOL[`inference.${name}`] as unknown as { readonly type: MessageType }).type;

/** Names of a message's fields, each followed by those of the message in it, behind a dot. Parameters may have any name. */
function fieldsOf(message: MessageType): string[] {
  return message.field.flatMap(({ name, typeName }) => {
    if (typeName === '' || name === 'parameters') return [name];
    const inner = message.nestedType.find((nested) => nested.name === typeName) ?? messageType(typeName);
    return [name, ...fieldsOf(inner).map((field) => `${name}.${field}`)];
  });
}

describe('inference, hostile input', () => {
  let inference: InferenceProcess;
  beforeAll(async () => {
    inference = await InferenceProcess.start({
      PARLANCE_MAX_LIVE_STREAMS: String(HELD),
      PARLANCE_WORKERS: '1',
      PARLANCE_WORKER_THREADS: '1',
    });
  });
  afterAll(() => inference.stop());

  const recognize = (config: RecognitionConfig = {}, audio = speechPcm(READ_SPEECH.letter)) =>
    ask(inference.speech.recognize.bind(inference.speech), { config: { audio: PCM, ...config }, audio });
  const opsText = async (path: string): Promise<string> =>
    (await fetch(`${inference.service.opsUrl}${path}`)).text();
  const live = (recognition: RecognitionConfig = {}, rest: StreamingConfig = {}): SpeechStream =>
    inference.openStream().configure({ ...LIVE, ...rest, recognition: { audio: PCM, ...recognition } });

  it('keeps no name of a model that a client made up, and recognises on', async () => {
    const invented = Array.from({ length: 140 }, (_, at) => `invented-${at}-`.padEnd(195, 'x'));
    const names = ['\0', 'über\n', '../../etc', '__proto__', ...invented];
    for (const model of names)
      expect(await live({ model }).ended).toMatchObject({ status: 5, code: 'model.not_found' });
    expect(wordsOf((await recognize()).text)).toContain('letter');
    for (const path of ['/readyz', '/metrics'])
      expect(await opsText(path)).not.toMatch(/invented|ber\\n|etc|__proto__/);
    const stream = live();
    const capacities = new Promise<unknown[]>((resolve) =>
      stream.call.on('metadata', (sent) => resolve(sent.get('parlance-live-capacity'))),
    );
    expect(await capacities).toEqual([`whisper-tiny.en=${HELD}`]);
    await stream.end();
  });

  it('refuses a model that recognises no speech, live and as a recording, and counts no capacity for it', async () => {
    const model = 'silero-vad';
    expect(await live({ model }).ended).toMatchObject({ code: 'request.invalid' });
    expect(await live({ model }, { mode: 'STREAMING_MODE_RECORDING' }).ended).toMatchObject({
      code: 'request.invalid',
    });
    await expect(recognize({ model })).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await opsText('/readyz')).not.toContain('live_streams:silero-vad');
  });

  describe.each(['recognize', 'assess'] as const)('%s', (method) => {
    it.each<[string, RecognitionConfig, string]>([
      ['prompt', { prompt: 'x'.repeat(10 * MEBIBYTE) }, 'request.invalid'],
      ['languages', { languages: Array<string>(1_000_000).fill('en') }, 'request.invalid'],
      ['temperature', { temperature: NaN }, 'request.invalid'],
      ['temperature', { temperature: -1e38 }, 'request.invalid'],
      ['task', { task: 99 as never }, 'request.invalid'],
      ['sample_rate_hz', { audio: { ...PCM, sampleRateHz: -1 } }, 'audio.unsupported_format'],
      ['channels', { audio: { ...PCM, channels: 2 ** 31 - 1 } }, 'audio.unsupported_format'],
      ['beam_size', { decoding: { beamSize: -1 } }, 'request.invalid'],
      ['patience', { decoding: { patience: Infinity } }, 'request.invalid'],
      ['temperatures', { decoding: { temperatures: Array<number>(1_000_000).fill(0) } }, 'request.invalid'],
      ['hotwords', { decoding: { hotwords: 'phrase '.repeat(1_000_000) } }, 'request.invalid'],
      ['hotword_bias', { decoding: { hotwordBias: NaN } }, 'request.invalid'],
      ['clip_timestamps', { decoding: { clipTimestamps: [0, NaN] } }, 'request.invalid'],
    ])('refuses %s beyond its limits by name', async (name, config, code) => {
      const answer = ask(
        inference.speech[method].bind(inference.speech) as typeof inference.speech.recognize,
        {
          config: { audio: PCM, ...config },
          audio: Buffer.alloc(32_000),
        },
      );
      await expect(answer).rejects.toMatchObject({ code, details: expect.stringContaining(name) });
    });
  });

  it.each<[string, StreamingConfig]>([
    ['silence_ms', { endpointing: { silenceMs: -1 } }],
    ['max_utterance_ms', { endpointing: { maxUtteranceMs: 2 ** 31 - 1 } }],
    ['threshold', { endpointing: { threshold: NaN } }],
    ['mode', { mode: 77 as never }],
  ])('refuses a stream whose %s is beyond its limits by name', async (name, config) => {
    expect(await live({}, config).ended).toMatchObject({
      code: 'request.invalid',
      details: expect.stringContaining(name),
    });
  });

  it('refuses a control that there is not', async () => {
    const end = await live().write({ control: 42 as never }).ended;
    expect(end).toMatchObject({ code: 'request.invalid', details: expect.stringContaining('control') });
  });

  it('frees the slots of streams that are reset right after their configuration within a second', async () => {
    for (const waitMs of [0, 1, 5, 20, 100]) {
      for (let round = 0; round < 3; round++) {
        const streams = Array.from({ length: HELD }, () => live());
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        for (const stream of streams) stream.call.cancel();
        await until(async () => (await inference.metric(LIVE_COUNT)) === 0, 1_000);
      }
    }
    const next = Array.from({ length: HELD }, () => live());
    await until(() => next.every((stream) => stream.events.length > 0), 1_000);
    for (const stream of next) expect((await stream.end()).status).toBe(0);
  });

  it('ends a recording within a multiple of its time alone while live streams want every run', async () => {
    const timed = async (): Promise<number> => {
      const begun = performance.now();
      expect(wordsOf((await recognize()).text)).toContain('letter');
      return performance.now() - begun;
    };
    await timed();
    const alone = await timed();
    let isOver = false;
    const speech = speechPcm(READ_SPEECH.gothic);
    const streams = Array.from({ length: HELD }, () => live());
    // Faster than it can be decoded: there is always an interim that waits.
    const speaking = streams.map(async (stream) => {
      while (!isOver) await stream.send(speech, 3_200);
      stream.call.cancel();
    });
    await until(() => streams.every((stream) => stream.interims.length > 1), 60_000);
    const beside = await timed();
    isOver = true;
    await Promise.all(speaking);
    expect(beside).toBeLessThan(8 * alone + 1_000);
  });

  describe('over the Open Inference Protocol', () => {
    const infer = (request: object) =>
      ask(inference.models.modelInfer.bind(inference.models) as never, request);
    const zeros = (count: number): number[] => Array<number>(count).fill(0);
    const INPUTS = [
      { name: 'input', datatype: 'FP32', shape: [1, 576], contents: { fp32Contents: zeros(576) } },
      { name: 'state', datatype: 'FP32', shape: [2, 1, 128], contents: { fp32Contents: zeros(256) } },
      { name: 'sr', datatype: 'INT64', shape: [], contents: { int64Contents: [16_000] } },
    ];
    const changed = (at: number, fields: object) =>
      INPUTS.map((input, index) => (index === at ? { ...input, ...fields } : input));

    it('runs what is well formed', async () => {
      await expect(infer({ modelName: 'silero-vad', inputs: INPUTS })).resolves.toHaveProperty('outputs');
    });

    const parameters = { priority: { int64Param: 1 } };
    /** Of each field of the schema a value that is wrong, or without effect, and what the refusal says of it. */
    const WRONG: Readonly<Record<string, readonly [object, string]>> = {
      modelName: [{ modelName: 'nothing' }, 'no model'],
      modelVersion: [{ modelVersion: '2' }, 'one version'],
      parameters: [{ parameters }, 'priority'],
      inputs: [{ inputs: [] }, "'input' is missing"],
      'inputs.name': [{ inputs: changed(0, { name: 'inptu' }) }, "'inptu'"],
      'inputs.datatype': [{ inputs: changed(0, { datatype: 'FP64' }) }, "'input'"],
      'inputs.shape': [{ inputs: changed(0, { shape: [1, 577] }) }, "'input'"],
      'inputs.parameters': [{ inputs: changed(0, { parameters }) }, 'priority'],
      'inputs.contents': [{ inputs: changed(0, { contents: undefined }) }, "'input'"],
      ...Object.fromEntries(
        Object.entries({
          bool: true,
          int: 1,
          int64: 1,
          uint: 1,
          uint64: 1,
          fp64: 1,
          bytes: Buffer.of(1),
        }).map(([kind, value]): [string, [object, string]] => {
          const contents = { fp32Contents: zeros(576), [`${kind}Contents`]: [value] };
          return [
            `inputs.contents.${kind}Contents`,
            [{ inputs: changed(0, { contents }) }, `${kind}_contents`],
          ];
        }),
      ),
      'inputs.contents.fp32Contents': [
        { inputs: changed(0, { contents: { fp32Contents: zeros(575) } }) },
        "'input'",
      ],
      outputs: [{ outputs: [{ name: 'nope' }] }, "'nope'"],
      'outputs.name': [{ outputs: [{ name: 'nope' }] }, "'nope'"],
      'outputs.parameters': [{ outputs: [{ name: 'output', parameters }] }, 'priority'],
      rawInputContents: [{ rawInputContents: [Buffer.alloc(8)] }, 'raw contents'],
    };
    /** Given back as it is, whatever it is. */
    const ECHOED = ['id'];

    it.each(fieldsOf(messageType('ModelInferRequest')).filter((name) => !ECHOED.includes(name)))(
      'reads the field %s, or refuses it by its name',
      async (name) => {
        const [request, details] = WRONG[name] ?? [];
        await expect(infer({ modelName: 'silero-vad', inputs: INPUTS, ...request })).rejects.toMatchObject({
          code: expect.stringMatching(/^(request\.invalid|model\.not_found)$/),
          details: expect.stringContaining(details ?? name),
        });
      },
    );

    it.each<[string, object]>([
      ['class_count', { outputs: [{ name: 'output', parameters: { class_count: { int64Param: 3 } } }] }],
      ['priority', { parameters: { priority: { uint64Param: 1 } } }],
      ['binary_data_size', { inputs: changed(0, { parameters: { binary_data_size: { int64Param: 1 } } }) }],
      ["there is no 'inptu'", { inputs: changed(0, { name: 'inptu' }) }],
      ["'state' is there twice", { inputs: [...INPUTS, INPUTS[1]] }],
      ["'state' is missing", { inputs: [INPUTS[0], INPUTS[2]] }],
      ["there is no 'nope'", { outputs: [{ name: 'nope' }] }],
      ["'output' is there twice", { outputs: [{ name: 'output' }, { name: 'output' }] }],
      [
        "'sr' must be of the datatype INT64",
        { inputs: changed(2, { datatype: 'INT32', contents: { intContents: [16_000] } }) },
      ],
      [
        "'input' has contents beside",
        { rawInputContents: [Buffer.alloc(2_304), Buffer.alloc(1_024), Buffer.alloc(8)] },
      ],
      ['int_contents', { inputs: changed(0, { contents: { fp32Contents: zeros(576), intContents: [1] } }) }],
      [
        "'sr' does not fit",
        { inputs: changed(2, { contents: { int64Contents: [Number.MAX_SAFE_INTEGER + 1] } }) },
      ],
      ["'input' does not fit", { inputs: changed(0, { shape: [-1, 576] }) }],
    ])('refuses what it would not honour by name: %s', async (details, request) => {
      await expect(infer({ modelName: 'silero-vad', inputs: INPUTS, ...request })).rejects.toMatchObject({
        code: 'request.invalid',
        details: expect.stringContaining(details),
      });
    });
  });
});
