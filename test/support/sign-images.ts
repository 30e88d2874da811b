import sharp from 'sharp';

/** A finger from its tip down, shaded as if it were round, with the folds of its joints. */
function finger(x: number, top: number, degrees: number): string {
  const [width, height] = [52, 265 - top];
  const fold = (share: number): string => `M${x + 6} ${top + height * share} q20 7 40 0`;
  return `<g transform="rotate(${degrees} ${x + width / 2} ${top + height})">
    <rect x="${x}" y="${top}" width="${width}" height="${height}" rx="26" fill="url(#round)"/>
    <path d="${fold(0.35)} ${fold(0.62)}" stroke="#777" stroke-width="3" fill="none"/></g>`;
}

/** A hand drawn before black: two fingers up, two bent, the thumb before them. It is nobody's photograph, and like enough to one. */
const HAND = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480">
  <defs>
    <linearGradient id="round">
      <stop offset="0" stop-color="#6e6e6e"/><stop offset=".35" stop-color="#b8b8b8"/>
      <stop offset=".75" stop-color="#a0a0a0"/><stop offset="1" stop-color="#555"/>
    </linearGradient>
    <radialGradient id="palm" cx=".45" cy=".4" r=".75">
      <stop offset="0" stop-color="#b4b4b4"/><stop offset=".7" stop-color="#8f8f8f"/><stop offset="1" stop-color="#4c4c4c"/>
    </radialGradient>
  </defs>
  <rect width="480" height="480" fill="black"/>
  ${finger(171, 15, -5)}${finger(239, 9, 5)}
  <path d="M150 262 Q150 240 175 236 L330 236 Q348 246 344 300 Q340 380 312 420 L306 480 L196 480 Q196 430 170 390
    Q148 340 150 262 Z" fill="url(#palm)"/>
  <g fill="url(#round)" stroke="#3a3a3a" stroke-width="3.5">
    <rect x="248" y="234" width="46" height="92" rx="20"/>
    <rect x="296" y="244" width="42" height="82" rx="19"/>
    <path d="M152 325 Q150 285 190 285 Q246 295 286 307 Q304 323 284 339 Q236 343 206 347 Q180 367 160 361 Z"/>
  </g>
</svg>`;

// A suite that ran before in this process may have loaded the gateway's decoder, which blocks all formats but its own.
sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });

const drawing = sharp(Buffer.from(HAND)).blur(2.5);

/** A drawn hand as a file. */
export function drawnHand(format: 'jpeg' | 'png' | 'webp' = 'jpeg', width = 480): Promise<Buffer> {
  return drawing.clone().resize(width, width).toFormat(format).toBuffer();
}

/** As `drawnHand`, lying on its side, with EXIF data that says so. */
export function lyingHand(): Promise<Buffer> {
  return drawing.clone().rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
}

/** Grey noise. */
export function noiseImage(width: number, height = width): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: 'black', noise } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Files that are refused, each with the code that says why. */
export const REFUSED_IMAGES: readonly (readonly [
  what: string,
  made: () => Promise<Buffer> | Buffer,
  code: string,
])[] = [
  ['an empty file', () => Buffer.alloc(0), 'image.empty'],
  ['a text', () => Buffer.from('This is no image.'), 'image.unsupported_format'],
  ['an SVG', () => Buffer.from(HAND), 'image.unsupported_format'],
  ['a GIF', () => drawing.clone().gif().toBuffer(), 'image.unsupported_format'],
  ['a CMYK JPEG', () => drawing.clone().toColourspace('cmyk').jpeg().toBuffer(), 'image.unsupported_format'],
  ['an animated WebP', animation, 'image.unsupported_format'],
  ['half of a JPEG', async () => halfOf(await drawnHand()), 'image.corrupt'],
  ['a picture of 64 megapixels', () => plain(8_000), 'image.too_large'],
  ['an even picture', () => plain(300), 'image.no_hand'],
  ['noise', () => noiseImage(300), 'image.no_hand'],
];

function plain(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
}

function animation(): Promise<Buffer> {
  const frames = Buffer.alloc(16 * 32 * 3, 90).fill(200, 16 * 16 * 3);
  return sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } })
    .webp()
    .toBuffer();
}

function halfOf(file: Buffer): Buffer {
  return file.subarray(0, file.length / 2);
}
