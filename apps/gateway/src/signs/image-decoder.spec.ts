import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { ImageDecoder, MOST_PIXELS_DECODED_WHOLE } from './image-decoder.service.js';

const SIDE = 64;
const caller = { tenant: 'acme', signal: new AbortController().signal };
const decoder = new ImageDecoder();

/** A grey picture with a white block in its upper left quarter. */
function picture(width: number, height: number) {
  const block = Buffer.alloc((width / 2) * (height / 2) * 3, 255);
  return sharp({ create: { width, height, channels: 3, background: { r: 60, g: 60, b: 60 } } }).composite([
    { input: block, raw: { width: width / 2, height: height / 2, channels: 3 }, left: 0, top: 0 },
  ]);
}

const decode = (file: Uint8Array): Promise<Float32Array> => decoder.greySquare(file, SIDE, caller);
const at = (pixels: Float32Array, x: number, y: number): number => pixels[y * SIDE + x]!;

/** A PNG whose header says another size. */
async function resized(width: number, height: number): Promise<Buffer> {
  const png = await picture(16, 16).png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe('images as grey squares', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('reads %s, upright and with its own greys', async (format) => {
    const pixels = await decode(await picture(128, 128).toFormat(format, { quality: 100 }).toBuffer());
    expect(pixels).toHaveLength(SIDE * SIDE);
    expect(at(pixels, 10, 10)).toBeCloseTo(1, 1);
    expect(at(pixels, 50, 50)).toBeCloseTo(60 / 255, 1);
  });

  it('keeps the whole of a picture that is no square, in the middle of black', async () => {
    const pixels = await decode(await picture(200, 100).png().toBuffer());
    expect(at(pixels, 32, 4)).toBe(0);
    expect(at(pixels, 32, 60)).toBe(0);
    expect(at(pixels, 2, 20)).toBeCloseTo(1, 1);
    expect(at(pixels, 61, 45)).toBeCloseTo(60 / 255, 1);
  });

  it('turns a photograph as its EXIF data says', async () => {
    const file = await picture(128, 128).withMetadata({ orientation: 3 }).jpeg({ quality: 100 }).toBuffer();
    const pixels = await decode(file);
    expect(at(pixels, 50, 50)).toBeCloseTo(1, 1);
    expect(at(pixels, 10, 10)).toBeCloseTo(60 / 255, 1);
  });

  it('takes what is transparent for black', async () => {
    const file = await sharp({
      create: { width: 32, height: 32, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect(Math.max(...(await decode(file)))).toBe(0);
  });

  it('reads a photograph of 48 megapixels within a bounded memory', async () => {
    const file = await picture(8000, 6000).jpeg().toBuffer();
    const before = process.memoryUsage().rss;
    expect(await decode(file)).toHaveLength(SIDE * SIDE);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it.each([
    ['an empty file', () => Buffer.alloc(0), 'image.empty'],
    ['a text', () => Buffer.from('no image'), 'image.unsupported_format'],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image.unsupported_format'],
    ['a GIF', () => picture(16, 16).gif().toBuffer(), 'image.unsupported_format'],
    ['a TIFF', () => picture(16, 16).tiff().toBuffer(), 'image.unsupported_format'],
    [
      'a CMYK JPEG',
      () => picture(16, 16).toColourspace('cmyk').jpeg().toBuffer(),
      'image.unsupported_format',
    ],
    ['a PNG of 60000 by 60000', () => resized(60_000, 60_000), 'image.too_large'],
    ['a PNG of two billion by 1', () => resized(0x7fff_ffff, 1), 'image.corrupt'],
    ['a PNG without a size', () => resized(0, 0), 'image.corrupt'],
    ['a head alone', async () => (await picture(64, 64).png().toBuffer()).subarray(0, 40), 'image.corrupt'],
  ] as [string, () => Buffer | Promise<Buffer>, string][])('refuses %s', async (_, made, code) => {
    await expect(decode(await made())).rejects.toMatchObject({ code });
  });

  it.each(['jpeg', 'png', 'webp'] as const)('refuses half of a %s', async (format) => {
    const noise = sharp({
      create: {
        width: 256,
        height: 256,
        channels: 3,
        background: 'black',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    const file = await noise.toFormat(format).toBuffer();
    await expect(decode(file.subarray(0, file.length / 2))).rejects.toMatchObject({ code: 'image.corrupt' });
  });

  it('refuses an animation', async () => {
    const frames = Buffer.alloc(16 * 32 * 3, 90).fill(200, 16 * 16 * 3);
    const file = await sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } })
      .webp()
      .toBuffer();
    await expect(decode(file)).rejects.toMatchObject({ code: 'image.unsupported_format' });
  });

  it('refuses more pixels where a file has to be decoded whole', async () => {
    const side = Math.ceil(Math.sqrt(MOST_PIXELS_DECODED_WHOLE)) + 8;
    const large = sharp({ create: { width: side, height: side, channels: 3, background: 'grey' } });
    for (const file of [
      large.clone().png({ progressive: true, compressionLevel: 1 }),
      large.clone().webp({ effort: 0 }),
    ])
      await expect(decode(await file.toBuffer())).rejects.toMatchObject({ code: 'image.too_large' });
    await expect(decode(await large.clone().jpeg().toBuffer())).resolves.toHaveLength(SIDE * SIDE);
  });

  it('says no, with a hint when to come again, where too many wait', async () => {
    const file = await picture(512, 512).png().toBuffer();
    const asked = Array.from({ length: 60 }, () => decode(file));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused.length).toBeGreaterThan(10);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'inference.overloaded', retryable: true });
    expect(await decode(file)).toHaveLength(SIDE * SIDE);
  });
});
