/** Layer III bit rates in kbit/s by the header's index: MPEG-1, and MPEG-2 with its lower rates. */
const RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];
const MPEG_1 = 3;
const MPEG_2 = 2;

/** How long an MP3 file plays, milliseconds, by its frames (ISO/IEC 11172-3 and 13818-3, Layer III). What is no frame is passed over. */
export function mp3LengthMs(file: Buffer): number {
  let ms = 0;
  for (let at = 0; at + 4 <= file.length;) {
    const frame = frameAt(file, at);
    if (frame) ms += frame.ms;
    at += frame?.bytes ?? 1;
  }
  return ms;
}

function frameAt(file: Buffer, at: number): { bytes: number; ms: number } | undefined {
  const header = file.readUInt32BE(at);
  const version = (header >>> 19) & 3;
  const isLayer3 = ((header >>> 17) & 3) === 1;
  if (header >>> 21 !== 0x7ff || !isLayer3 || version === 1) return undefined;
  const kilobits = (version === MPEG_1 ? RATES_1 : RATES_2)[(header >>> 12) & 15];
  const baseRate = SAMPLE_RATES[(header >>> 10) & 3];
  if (!kilobits || !baseRate) return undefined;
  // MPEG-2 has half the rates of MPEG-1, MPEG-2.5 a quarter.
  const rate = baseRate / (version === MPEG_1 ? 1 : version === MPEG_2 ? 2 : 4);
  const samples = version === MPEG_1 ? 1_152 : 576;
  const padding = (header >>> 9) & 1;
  const bytes = Math.floor(((samples / 8) * kilobits * 1_000) / rate) + padding;
  return { bytes, ms: (samples / rate) * 1_000 };
}
