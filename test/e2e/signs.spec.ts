/** Sign letters through a real gateway and a real inference, by the trained model of the repository. How many letters of unseen hands it reads is
 *  in its card; test/conformance/signs-trained.spec.ts shows it photographs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MOST_IMAGE_BYTES, SIGN_LETTERS, SIGN_MODEL, type SignAnswer } from '@parlance/contracts';
import { GatewayClient } from '../support/gateway-client.js';
import { modelFolder } from '../support/model-folder.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { PublicSignsClient } from '../support/public-signs-client.js';
import { runParlance } from '../support/run-parlance.js';
import { drawnHand, lyingHand, noiseImage, REFUSED_IMAGES } from '../support/sign-images.js';

const PATH = '/api/v1/signs';

jest.setTimeout(120_000);

let platform: Platform;
let client: GatewayClient;
let signs: PublicSignsClient;

beforeAll(async () => {
  platform = await Platform.start({ services: ['inference'] });
  client = new GatewayClient(() => platform.gateway);
  signs = new PublicSignsClient(platform.gateway.grpcAddress);
}, 180_000);

afterAll(async () => {
  signs?.close();
  await platform?.stop();
});

async function read(image: Buffer): Promise<SignAnswer> {
  const { status, text } = await client.upload(PATH, [], image);
  expect([status, text.slice(0, 200)]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as SignAnswer;
}

describe('sign letters over HTTP', () => {
  it('answers every letter with its probability, the most likely one first', async () => {
    const found = await read(await drawnHand());
    const probabilities = found.letters.map(({ probability }) => probability);
    expect(found.letters.map(({ letter }) => letter).sort()).toEqual([...SIGN_LETTERS]);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 4);
    expect(found).toMatchObject({ ...found.letters[0], model: SIGN_MODEL });
    expect(found.handProbability).toBeGreaterThan(0.5);
  });

  it.each(['png', 'webp'] as const)('reads a %s as it reads the JPEG', async (format) => {
    const [jpeg, other] = [await read(await drawnHand()), await read(await drawnHand(format))];
    expect(other.letter).toBe(jpeg.letter);
    expect(other.probability).toBeCloseTo(jpeg.probability, 1);
  });

  it('reads a photograph upright that lies on its side, as its EXIF data says', async () => {
    const [upright, lying] = [await read(await drawnHand()), await read(await lyingHand())];
    expect(lying.letter).toBe(upright.letter);
    expect(lying.probability).toBeCloseTo(upright.probability, 1);
  });

  it('reads a photograph of 40 megapixels', async () => {
    expect((await read(await drawnHand('jpeg', 6_325))).letter).toBe((await read(await drawnHand())).letter);
  });

  it.each(REFUSED_IMAGES)('refuses %s by a code', async (_, made, code) => {
    const { status, error } = await client.upload(PATH, [], await made());
    expect(error).toMatchObject({ code, message: expect.any(String) });
    expect([400, 413, 415, 422]).toContain(status);
  });

  it('refuses more bytes than a file may have', async () => {
    const file = Buffer.alloc(MOST_IMAGE_BYTES + 100_000, 1);
    expect(await client.upload(PATH, [], file)).toMatchObject({
      status: 413,
      error: { code: 'request.too_large' },
    });
  });

  it('refuses a form without an image, one with another field, and callers without a key', async () => {
    const empty = await client.send(PATH, { method: 'POST', body: new FormData() });
    expect(empty).toMatchObject({ status: 400, error: { code: 'request.invalid' } });
    const more = await client.upload(PATH, [['alphabet', 'BSL']], await drawnHand());
    expect(more).toMatchObject({ status: 400, error: { code: 'request.invalid' } });
    const { status } = await fetch(`${platform.gateway.url}${PATH}`, { method: 'POST' });
    expect(status).toBe(401);
  });

  it('answers many at once, or says when to come again', async () => {
    const image = await noiseImage(1_500);
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.upload(PATH, [], image)));
    for (const { error } of answers) expect(['image.no_hand', 'inference.overloaded']).toContain(error?.code);
    expect(await read(await drawnHand())).toMatchObject({ model: SIGN_MODEL });
  });
});

describe('sign letters over gRPC', () => {
  it('says what HTTP says', async () => {
    const image = await drawnHand();
    const [http, grpc] = [await read(image), await signs.read(image)];
    expect(grpc).toMatchObject({ letter: http.letter, model: SIGN_MODEL });
    expect(grpc.probability).toBeCloseTo(http.probability, 5);
    expect(grpc.handProbability).toBeCloseTo(http.handProbability, 5);
    expect(grpc.letters.map(({ letter }) => letter)).toEqual(http.letters.map(({ letter }) => letter));
  });

  it.each(REFUSED_IMAGES)('refuses %s by the same code', async (_, made, code) => {
    await expect(signs.read(Buffer.from(await made()))).rejects.toMatchObject({ code });
  });

  it('refuses more bytes than a file may have', async () => {
    const file = Buffer.alloc(MOST_IMAGE_BYTES + 1, 1);
    await expect(signs.read(file)).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('refuses callers without a key', async () => {
    const stranger = new PublicSignsClient(platform.gateway.grpcAddress, '');
    await expect(stranger.read(await drawnHand())).rejects.toMatchObject({ code: 'auth.missing_token' });
    stranger.close();
  });

  it('counts what came of images', async () => {
    const { process } = platform.gateway;
    for (const outcome of ['letter', 'no_hand', 'refused'])
      expect(await process.metric(`parlance_sign_seconds_count{outcome="${outcome}"}`)).toBeGreaterThan(3);
  });
});

describe('the model', () => {
  it('is one of those of the Open Inference Protocol', async () => {
    const { text } = await client.send(`/v2/models/${SIGN_MODEL}`);
    const { inputs, outputs } = JSON.parse(text) as Record<string, { name: string; shape: number[] }[]>;
    expect(inputs).toEqual([expect.objectContaining({ name: 'image', shape: [-1, 1, 64, 64] })]);
    expect(outputs!.map(({ name }) => name)).toEqual(['letters', 'hand']);
  });
});

describe('parlance sign', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signs-'));
    await writeFile(join(folder, 'hand.jpg'), await drawnHand());
    await writeFile(join(folder, 'noise.png'), await noiseImage(200));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (args: readonly string[]) => {
    const environment = { PARLANCE_URL: platform.gateway.url, PARLANCE_API_KEY: API_KEY };
    return runParlance(['sign', ...args], environment, { folder });
  };

  it('prints the letter, and all of them as JSON', async () => {
    const { status, output } = await run(['hand.jpg']);
    expect(status).toBe(0);
    const [letter] = output;
    expect(output).toMatch(new RegExp(`^${letter}\n  ${letter} +[\\d.]+ %\n`));
    const found = JSON.parse((await run(['hand.jpg', '--json'])).output) as SignAnswer;
    expect([found.letter, found.letters.length]).toEqual([letter, SIGN_LETTERS.length]);
  });

  it.each([
    ['noise.png', 'image.no_hand'],
    ['nowhere.jpg', 'request.not_found'],
  ])('says why there is no letter of %s', async (file, code) => {
    const { status, errors } = await run([file]);
    expect(errors).toContain(code);
    expect(status).not.toBe(0);
  });
});

describe('a server without the model', () => {
  let other: Platform;
  let models: string;
  beforeAll(async () => {
    models = await modelFolder(SIGN_MODEL);
  });
  afterEach(() => other?.stop());
  afterAll(() => rm(models, { recursive: true }));

  it.each([
    ['none', () => ({ PARLANCE_SIGNS: 'none' }), 404, 'model.not_found'],
    [
      'another one by its name',
      () => ({ PARLANCE_MODELS: `${models},${MODEL_ENVIRONMENT.PARLANCE_MODELS}` }),
      503,
      'upstream.unavailable',
    ],
  ] as [string, () => Record<string, string>, number, string][])(
    'says so where there is %s',
    async (_, environment, status, code) => {
      other = await Platform.start({ services: ['inference'], inference: environment() });
      const alone = new GatewayClient(() => other.gateway);
      expect(await alone.upload(PATH, [], await drawnHand())).toMatchObject({ status, error: { code } });
    },
    180_000,
  );
});
