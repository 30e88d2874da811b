import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Recordings of test/fixtures/speech, by id. */
export const READ_SPEECH = {
  /** "It is of the first importance that the letter used should be fine in form;" 4.5 s. */
  letter: 'LJ001-0011',
  /** "Even in Italy most of the theological and law books were printed in Gothic letter," 5.2 s. */
  gothic: 'LJ001-0062',
} as const;

export function speechFile(id: string): string {
  return resolve('test/fixtures/speech', `${id}.opus`);
}

/** The recording as ffmpeg converts it; arguments such as `-ar 16000 -ac 1 -f s16le`. */
export function speechAs(id: string, format: string): Buffer {
  return fileAs(speechFile(id), format);
}

/** Any sound file as ffmpeg converts it. @param input  options of what is read */
export function fileAs(file: string, format: string, input: readonly string[] = []): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', ...input, '-i', file, ...format.split(' '), '-'], {
    maxBuffer: 256 * 1024 ** 2,
  });
}

/** 16-bit samples at 16 kHz. */
export function speechPcm(id: string): Buffer {
  return speechAs(id, '-ar 16000 -ac 1 -f s16le');
}

/** The Opus packets inside the recording's Ogg file. */
export function opusPackets(id: string): Buffer[] {
  return packetsOfOgg(readFileSync(speechFile(id)));
}

/** The Opus packets inside an Ogg file (RFC 7845), headers left out. */
export function packetsOfOgg(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let page = 0; page < file.length;) {
    const lacing = file.subarray(page + 27, page + 27 + file[page + 26]!);
    let at = page + 27 + lacing.length;
    for (const length of lacing) {
      open.push(file.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
    page = at;
  }
  return packets.slice(2);
}

/** Silence or seeded white noise, 16-bit samples at 16 kHz. */
export function noisePcm(seconds: number, amplitude: number, seed = 1): Buffer {
  let state = seed;
  const samples = Int16Array.from({ length: seconds * 16_000 }, () => {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * amplitude * 32767);
  });
  return Buffer.from(samples.buffer);
}

/** Lower-case words without punctuation, to compare what was said. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z']+/g) ?? [];
}
