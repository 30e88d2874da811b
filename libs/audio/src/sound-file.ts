/** A file whose first bytes leave no doubt of what it is. */
export type SoundFile = 'WAV' | 'Ogg' | 'WebM or Matroska' | 'MP4' | 'FLAC' | 'MP3' | 'AAC';

/** What MPEG audio needs at most to be sure of: a whole frame and the next one's header. */
export const SOUND_FILE_HEAD_BYTES = 4_608;

const MPEG_BITRATES_KBPS: Readonly<Record<string, readonly number[]>> = {
  '1/2': [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1/3': [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2/2': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const MPEG_RATES_HZ = [44_100, 48_000, 32_000];

/**
 * Recognises a file that a stream of bytes is. Raw samples may begin with anything, so only what four bytes or more agree
 * on counts; of MPEG audio two frames in a row.
 * @param head  the first bytes
 * @returns undefined where it is none of these; 'more' where the bytes so far could begin one
 */
export function soundFileIn(head: Uint8Array): SoundFile | 'more' | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(12, head.length)).toString('latin1');
  for (const { kind, magic, mark } of MAGICS) {
    const begins = text.startsWith(magic.slice(0, text.length));
    if (!begins) continue;
    const isAgreed = !mark || text.slice(8).startsWith(mark.slice(0, Math.max(0, text.length - 8)));
    if (!isAgreed) continue;
    return text.length >= (mark ? 12 : magic.length) ? kind : 'more';
  }
  // The first box of an MP4 file: its length, below 64 KiB, and its name.
  if (head[0] === 0 && (head[1] ?? 0) === 0) {
    const name = text.slice(4, 8);
    if ('ftyp'.startsWith(name) || 'styp'.startsWith(name)) return name.length === 4 ? 'MP4' : 'more';
  }
  if (head.length < 2) return head.length === 0 || head[0] === 0xff ? 'more' : undefined;
  if (head[0] !== 0xff || (head[1]! & 0xe0) !== 0xe0) return undefined;
  return mpegAudioIn(head);
}

interface Magic {
  readonly kind: SoundFile;
  readonly magic: string;
  /** What stands at byte 8. */
  readonly mark?: string;
}

const MAGICS: readonly Magic[] = [
  { kind: 'WAV', magic: 'RIFF', mark: 'WAVE' },
  { kind: 'WAV', magic: 'RF64', mark: 'WAVE' },
  { kind: 'Ogg', magic: 'OggS' },
  { kind: 'WebM or Matroska', magic: '\x1a\x45\xdf\xa3' },
  { kind: 'FLAC', magic: 'fLaC' },
  // Version 2, 3 or 4 of the tags before an MP3.
  { kind: 'MP3', magic: 'ID3\x02' },
  { kind: 'MP3', magic: 'ID3\x03' },
  { kind: 'MP3', magic: 'ID3\x04' },
];

/** MPEG-1/2 audio (ISO/IEC 11172-3) or ADTS (ISO/IEC 13818-7): the length in a frame's header leads to the next one. */
function mpegAudioIn(head: Uint8Array): SoundFile | 'more' | undefined {
  if (head.length < 6) return 'more';
  const isAdts = (head[1]! & 0xf6) === 0xf0;
  const length = isAdts ? adtsLength(head) : mpegFrameLength(head);
  if (length === undefined) return undefined;
  if (head.length < length + 4) return length + 4 > SOUND_FILE_HEAD_BYTES ? undefined : 'more';
  const next = head.subarray(length, length + 4);
  // Version, layer and rate stay; bit rate, padding and the like may change.
  const agrees = next[0] === 0xff && next[1] === head[1] && (next[2]! & 0x0c) === (head[2]! & 0x0c);
  if (!agrees) return undefined;
  return isAdts ? 'AAC' : 'MP3';
}

function adtsLength(head: Uint8Array): number | undefined {
  const length = ((head[3]! & 0x03) << 11) | (head[4]! << 3) | (head[5]! >> 5);
  return length < 7 || (head[2]! & 0x3c) >> 2 > 12 ? undefined : length;
}

function mpegFrameLength(head: Uint8Array): number | undefined {
  const version = (head[1]! >> 3) & 3;
  const layer = 4 - ((head[1]! >> 1) & 3);
  // Layer I is nobody's, and its headers are samples next to silence: −1 is FF FF.
  if (layer === 1) return undefined;
  const rate = MPEG_RATES_HZ[(head[2]! >> 2) & 3];
  const isFirst = version === 3;
  const row = `${isFirst ? 1 : 2}/${!isFirst && layer === 3 ? 2 : layer}`;
  const kbps = MPEG_BITRATES_KBPS[row]?.[(head[2]! >> 4) - 1];
  if (version === 1 || rate === undefined || kbps === undefined) return undefined;
  const rateHz = rate / (isFirst ? 1 : version === 2 ? 2 : 4);
  const padding = (head[2]! >> 1) & 1;
  const perFrame = layer === 3 && !isFirst ? 72_000 : 144_000;
  return Math.floor((perFrame * kbps) / rateHz) + padding;
}
