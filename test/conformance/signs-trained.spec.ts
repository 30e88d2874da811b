/** The trained model of the repository over the photographs of ../shared, as the gateway decodes them. It was trained on them: how many letters
 *  of unseen hands it reads is in its card (training/signs, leave one hand out). */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { SIGN_LETTERS, SIGN_MODEL, SIGN_PIXELS } from '@parlance/contracts';
import { ImageDecoder } from '@parlance/gateway/signs/image-decoder.service';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import sharp from 'sharp';
import { SPINNING } from '../support/models.js';
import { describeWithShared, sharedPath } from '../support/shared.js';

const FOLDER = sharedPath('data', 'sign-letters');
const MODEL = 'training/signs/models/sign-letters.onnx';
/** Every so many photographs of the manifest. */
const STEP = 13;

jest.setTimeout(120_000);

interface Read {
  readonly letter: string;
  readonly hand: number;
}

describeWithShared('the trained model of sign letters', () => {
  const images = new ImageDecoder();
  let runtime: InferenceRuntime;

  beforeAll(async () => {
    runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, spinning: SPINNING });
    await runtime.load({ name: SIGN_MODEL, kind: 'onnx', location: MODEL, precision: 'f32' });
  });
  afterAll(() => runtime?.stop());

  async function read(file: Buffer): Promise<Read> {
    const caller = { tenant: '', signal: new AbortController().signal };
    const data = await images.greySquare(file, SIGN_PIXELS, caller);
    const dims = [1, 1, SIGN_PIXELS, SIGN_PIXELS];
    const { letters, hand } = await runtime.infer(
      SIGN_MODEL,
      { image: { type: 'float32', dims, data } },
      { priority: 'final' },
    );
    const probabilities = letters!.data as Float32Array;
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { letter: SIGN_LETTERS[best]!, hand: (hand!.data as Float32Array)[0]! };
  }

  /** Some photographs of the corpus, each by its letter. */
  function photographs(): { file: Buffer; letter: string }[] {
    const [, ...rows] = readFileSync(`${FOLDER}/manifest.tsv`, 'utf8').trim().split('\n');
    return rows
      .filter((_, index) => index % STEP === 0)
      .map((row) => row.split('\t'))
      .map(([name = '', letter = '']) => ({ file: readFileSync(`${FOLDER}/${name}`), letter }));
  }

  /** The share of photographs whose letter is read, and of those that are taken for a hand. */
  async function shares(change: (file: Buffer) => Promise<Buffer> | Buffer) {
    const photos = photographs();
    let [right, hands] = [0, 0];
    for (const { file, letter } of photos) {
      const found = await read(await change(file));
      if (found.letter === letter) right += 1;
      if (found.hand >= 0.5) hands += 1;
    }
    return { right: right / photos.length, hands: hands / photos.length };
  }

  it('reads the photographs that it was trained on', async () => {
    const { right, hands } = await shares((file) => file);
    expect(right).toBeGreaterThan(0.97);
    expect(hands).toBeGreaterThan(0.98);
  });

  it.each([
    ['left hands', (file: Buffer) => sharp(file).flop().png().toBuffer(), 0.95],
    ['tilted hands', (file: Buffer) => sharp(file).rotate(10).png().toBuffer(), 0.9],
    [
      'photographs enlarged to 12 megapixels',
      (file: Buffer) => sharp(file).resize(3_464).jpeg().toBuffer(),
      0.95,
    ],
    ['darker photographs', (file: Buffer) => sharp(file).linear(0.6).png().toBuffer(), 0.95],
  ] as [string, (file: Buffer) => Promise<Buffer>, number][])('reads %s', async (_, change, least) => {
    const { right, hands } = await shares(change);
    expect(right).toBeGreaterThan(least);
    expect(hands).toBeGreaterThan(0.95);
  });
});
