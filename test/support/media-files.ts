import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5'];

/** A recording under a moving picture, its index at the end as cameras write it. */
export function videoOf(id: string): Buffer {
  return madeFile('mp4', ...PICTURE, '-i', speechFile(id), '-shortest', '-c:a', 'aac');
}

export function silentVideo(seconds: number): Buffer {
  return madeFile('mp4', ...PICTURE, '-t', String(seconds));
}
