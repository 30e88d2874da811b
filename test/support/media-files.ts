import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { speechFile } from './speech-samples.js';

/** A file made by ffmpeg where it may seek, as people's programs make them. */
export function madeFile(extension: string, ...args: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-media-'));
  try {
    const file = join(folder, `made.${extension}`);
    execFileSync('ffmpeg', ['-v', 'error', ...args, file]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * One sound twice in a file, the second time later than the first one ends: nothing lies between.
 * @param input  ffmpeg's; a tone where it is left out
 * @param nextAt  where the second one begins, seconds
 */
export function piecedFile(
  extension: string,
  { seconds, nextAt, input = ['-f', 'lavfi', '-i', 'sine=frequency=440'] }: PiecedFile,
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-media-'));
  try {
    const source = join(folder, 'piece.m4a');
    execFileSync('ffmpeg', ['-v', 'error', ...input, '-t', String(seconds), '-c:a', 'aac', source]);
    const list = join(folder, 'pieces.txt');
    writeFileSync(list, `ffconcat version 1.0\nfile piece.m4a\nduration ${nextAt}\nfile piece.m4a\n`);
    return madeFile(extension, '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface PiecedFile {
  readonly seconds: number;
  readonly nextAt: number;
  readonly input?: readonly string[];
}

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5'];

/** A recording under a moving picture, its index at the end as cameras write it. */
export function videoOf(id: string): Buffer {
  return madeFile('mp4', ...PICTURE, '-i', speechFile(id), '-shortest', '-c:a', 'aac');
}

export function silentVideo(seconds: number): Buffer {
  return madeFile('mp4', ...PICTURE, '-t', String(seconds));
}
