import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ProbedAudio {
  readonly format: string;
  readonly codec: string;
  readonly rate: number;
  /** Playing time by decoding it all. */
  readonly seconds: number;
}

/** What ffmpeg makes of a file's bytes. */
export function probeAudio(audio: Buffer): ProbedAudio {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-probe-'));
  try {
    const file = join(folder, 'audio');
    writeFileSync(file, audio);
    const entries = 'format=format_name:stream=codec_name,sample_rate';
    const probed = execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', file]);
    const { format, streams } = JSON.parse(probed.toString()) as {
      format: { format_name: string };
      streams: { codec_name: string; sample_rate: string }[];
    };
    const pcm = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 's16le', '-ac', '1', 'pipe:1'], {
      maxBuffer: 256 * 1024 ** 2,
    });
    const rate = Number(streams[0]!.sample_rate);
    return {
      format: format.format_name,
      codec: streams[0]!.codec_name,
      rate,
      seconds: pcm.length / 2 / rate,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
