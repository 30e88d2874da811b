import type { Readable } from 'node:stream';
import { floatToPcm, int16ToFloat, Mixdown, SPEECH_RATE_HZ } from '@parlance/audio';
import { untilClosed } from '@parlance/processes';
import type { Ffmpeg } from './ffmpeg.js';
import { TimeLine } from './time-line.js';

const BYTES_PER_SAMPLE = 2;
/** Packets are passed on together from this size on. */
const RUN_BYTES = 16_384;
const SILENCE = Buffer.alloc(65_536);

/** A line of ffmpeg's `framecrc`: `0, dts, pts, duration, bytes, checksum`; times in samples. */
const PACKET = /^0,\s*-?\d+,\s*(-?\d+),\s*(\d+),\s*(\d+),/;

/**
 * The sound of a file as a player plays it: gaps of its time line are silence, and two channels are mixed to one.
 * @param ffmpeg  runs with `decodeArguments`
 * @param refuseOver  is asked before silence is made; throws where the recording would become too long, milliseconds
 * @yields 16 kHz mono s16le
 */
export async function* timedPcm(
  ffmpeg: Ffmpeg,
  refuseOver: (durationMs: number) => void,
): AsyncGenerator<Buffer> {
  const line = new TimeLine();
  const reader = new PcmReader(ffmpeg.output);
  const mixdown = new Mixdown(2, SPEECH_RATE_HZ);
  const run = { bytes: 0, channels: 1 };
  const read = async (): Promise<Buffer> => {
    const pcm = await reader.read(run.bytes);
    run.bytes = 0;
    return run.channels === 2 ? mixed(pcm, mixdown) : pcm;
  };
  for await (const text of linesOf(ffmpeg.report)) {
    const packet = PACKET.exec(text);
    if (!packet) continue;
    const [at = 0, samples = 0, bytes = 0] = packet.slice(1).map(Number);
    const silence = line.add(at, samples);
    if (silence > 0) {
      if (run.bytes > 0) yield await read();
      refuseOver((line.position * 1000) / SPEECH_RATE_HZ);
      yield* silent(silence);
    }
    run.channels = bytes >= 2 * BYTES_PER_SAMPLE * samples ? 2 : 1;
    run.bytes += bytes;
    if (run.bytes >= RUN_BYTES) yield await read();
  }
  if (run.bytes > 0) yield await read();
}

function mixed(pcm: Buffer, mixdown: Mixdown): Buffer {
  // Copied: samples must lie at even addresses.
  const bytes = Uint8Array.from(pcm.subarray(0, pcm.length - (pcm.length % (2 * BYTES_PER_SAMPLE))));
  return floatToPcm(mixdown.push(int16ToFloat(new Int16Array(bytes.buffer))));
}

function* silent(samples: number): Generator<Buffer> {
  for (let left = samples * BYTES_PER_SAMPLE; left > 0; left -= SILENCE.length)
    yield SILENCE.subarray(0, Math.min(left, SILENCE.length));
}

/** Reads a pipe by length. */
class PcmReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(pipe: Readable) {
    this.chunks = untilClosed<Buffer>(pipe);
  }

  /** Fewer bytes where the pipe ends before. */
  async read(bytes: number): Promise<Buffer> {
    const parts = [this.held];
    let length = this.held.length;
    while (length < bytes) {
      const next = await this.chunks.next();
      if (next.done) break;
      parts.push(next.value);
      length += next.value.length;
    }
    const all = parts.length === 1 ? this.held : Buffer.concat(parts);
    this.held = all.subarray(bytes);
    return all.subarray(0, bytes);
  }
}

async function* linesOf(pipe: Readable | undefined): AsyncGenerator<string> {
  if (!pipe) return;
  let rest = '';
  for await (const text of untilClosed<string>(pipe)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
