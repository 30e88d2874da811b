/** What the first bytes of an upload say it is. `unknown` may still be something ffmpeg can read. */
export type Container = 'wav' | 'mp4' | 'matroska' | 'other' | 'unknown';

interface Magic {
  readonly offset: number;
  readonly bytes: string;
}

const OTHER_MAGICS: readonly Magic[] = [
  { offset: 0, bytes: 'fLaC' },
  { offset: 0, bytes: 'OggS' },
  { offset: 0, bytes: 'ID3' },
  { offset: 0, bytes: 'FORM' }, // AIFF
  { offset: 0, bytes: 'caff' },
  { offset: 0, bytes: '#!AMR' },
  { offset: 0, bytes: '.snd' },
  { offset: 0, bytes: 'RF64' },
  { offset: 0, bytes: 'riff' }, // Wave64
  { offset: 0, bytes: 'FLV' },
  { offset: 0, bytes: 'wvpk' },
  { offset: 0, bytes: 'MAC ' },
  { offset: 0, bytes: '\x30\x26\xB2\x75' }, // ASF, WMA
  { offset: 0, bytes: '\x00\x00\x01\xBA' }, // MPEG program stream
  { offset: 8, bytes: 'AVI ' },
];

const MP4_FIRST_BOXES = ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];

export function sniffContainer(head: Buffer): Container {
  const at = (offset: number, length: number) => head.toString('latin1', offset, offset + length);
  if (at(0, 4) === 'RIFF' && at(8, 4) === 'WAVE') return 'wav';
  if (at(0, 4) === '\x1A\x45\xDF\xA3') return 'matroska';
  if (MP4_FIRST_BOXES.includes(at(4, 4))) return 'mp4';
  if (OTHER_MAGICS.some(({ offset, bytes }) => at(offset, bytes.length) === bytes)) return 'other';
  // MPEG audio and ADTS frames start with eleven or twelve set bits; a transport stream repeats its sync byte.
  if (head.length > 1 && head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0) return 'other';
  if (head.length > 188 && head[0] === 0x47 && head[188] === 0x47) return 'other';
  return 'unknown';
}
