import { Injectable } from '@nestjs/common';
import { fileTypeFromBuffer } from 'file-type';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { AppError } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';

/** Types of files that are read, by their first bytes. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;

/** Read row by row, or reduced as it is read: a phone's photograph of 48 megapixels. */
export const MOST_PIXELS = 50_000_000;
/** Interlaced or progressive files and WebP are decoded whole before they are reduced, at up to 8 bytes a pixel. */
export const MOST_PIXELS_DECODED_WHOLE = 25_000_000;

/** Of one image; a large PNG takes a second on a busy core. */
const LIMIT_SECONDS = 20;
/** Each takes a core and at most 200 MB, so one is decoded at a time. */
const SLOTS = { limit: 1, queue: 32 } as const;

// libvips reads many formats by parsers of many ages; what clients send meets three of them.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
});
sharp.cache(false);
sharp.concurrency(1);

export interface DecodingCaller {
  readonly tenant: string;
  readonly signal: AbortSignal;
}

/** Clients' images to grey squares, by sharp (libvips). */
@Injectable()
export class ImageDecoder {
  private readonly slots = new Bulkhead({
    ...SLOTS,
    refusal: 'inference.overloaded',
    message: 'Too many images are being read at the same time.',
  });

  /** Before the image is uploaded. @throws AppError inference.overloaded */
  refuseIfFull(tenant: string): void {
    this.slots.refuseIfFull(tenant);
  }

  /**
   * The image upright (EXIF), grey, whole, in the middle of a black square.
   * @param side  of the square, pixels
   * @returns side × side values, row by row, 0 to 1
   * @throws AppError image.empty, image.unsupported_format, image.corrupt, image.too_large, inference.overloaded, request.cancelled
   */
  async greySquare(
    file: Uint8Array,
    side: number,
    { tenant, signal }: DecodingCaller,
  ): Promise<Float32Array> {
    await refuseOtherTypes(file);
    return this.slots.run(() => decode(file, side), signal, tenant);
  }
}

async function refuseOtherTypes(file: Uint8Array): Promise<void> {
  if (file.length === 0) throw new AppError('image.empty', 'The image is empty.', { param: 'image' });
  // A file that breaks the parser is none of these.
  const kind = await fileTypeFromBuffer(file).catch(() => undefined);
  if (!IMAGE_TYPES.some((type) => type === kind?.mime))
    throw unsupported('An image is a JPEG, PNG or WebP file.');
}

async function decode(file: Uint8Array, side: number): Promise<Float32Array> {
  const image = sharp(file, { failOn: 'error', limitInputPixels: MOST_PIXELS, sequentialRead: true });
  refuseByHeader(await header(image));
  const square = image
    .autoOrient()
    .flatten({ background: 'black' })
    .resize(side, side, { fit: 'contain', background: 'black' })
    .greyscale()
    .timeout({ seconds: LIMIT_SECONDS });
  const pixels = await square.raw().toBuffer().catch(refuse);
  return Float32Array.from(pixels, (value) => value / 255);
}

function header(image: Sharp): Promise<Metadata> {
  return image.metadata().catch(refuse);
}

function refuseByHeader({ width, height, pages = 1, space, format, isProgressive }: Metadata): void {
  // Our own pictures are drawn by libvips too, so it reads SVG; nothing of a client's may come to that.
  if (!IMAGE_TYPES.some((type) => type === `image/${format}`))
    throw unsupported('An image is a JPEG, PNG or WebP file.');
  if (pages > 1) throw unsupported('An animation is no image of one sign; send one of its pictures.');
  if (space === 'cmyk') throw unsupported('An image in CMYK is not read; send it in RGB or grey.');
  const isDecodedWhole = isProgressive || format === 'webp';
  const most = isDecodedWhole ? MOST_PIXELS_DECODED_WHOLE : MOST_PIXELS;
  if (width * height > most) throw tooLarge(most, isDecodedWhole);
}

/** libvips' words stay in the log. */
function refuse(cause: unknown): never {
  if (/pixel limit/.test(String(cause))) throw tooLarge(MOST_PIXELS, false, cause);
  throw new AppError('image.corrupt', 'The image cannot be decoded; is the file whole?', {
    cause,
    param: 'image',
  });
}

function tooLarge(most: number, isDecodedWhole: boolean, cause?: unknown): AppError {
  const kind = isDecodedWhole ? 'A progressive, interlaced or WebP image' : 'An image';
  return new AppError('image.too_large', `${kind} may have ${most / 1e6} megapixels at most.`, {
    cause,
    param: 'image',
  });
}

function unsupported(message: string): AppError {
  return new AppError('image.unsupported_format', message, { param: 'image' });
}
