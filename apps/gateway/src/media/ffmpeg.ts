import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { SoundFile } from '@parlance/audio';
import { AppError } from '@parlance/errors';
import type { ByteSource } from './byte-source.js';
import { writableAgain } from './writable-again.js';
import type { Container } from './container.js';

/**
 * Demuxers an upload may be read by. Playlists, concatenations, image sequences and devices are absent on purpose: they
 * would open other files and addresses. With the pipe as the only protocol a crafted file reaches nothing.
 */
const DEMUXERS = [
  ...[
    'wav',
    'w64',
    'aiff',
    'caf',
    'au',
    'flac',
    'mp3',
    'aac',
    'ac3',
    'eac3',
    'dts',
    'ogg',
    'matroska',
    'webm',
  ],
  ...[
    'mov',
    'mp4',
    'm4a',
    '3gp',
    '3g2',
    'asf',
    'avi',
    'flv',
    'mpeg',
    'mpegts',
    'amr',
    'amrnb',
    'amrwb',
    'gsm',
  ],
  ...[
    'ape',
    'tta',
    'wv',
    'mpc',
    'mpc8',
    'tak',
    'shn',
    'voc',
    'rm',
    'nut',
    'mxf',
    'dv',
    'swf',
    'ivf',
    'oma',
    'loas',
  ],
].join(',');

const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-threads', '1', '-max_alloc', String(256 * 2 ** 20)];

const INPUT = ['-protocol_whitelist', 'pipe', '-format_whitelist', DEMUXERS, '-i', 'pipe:0'];
/** Of more than two channels ffmpeg makes two, by their places. */
const SPEECH = ['-vn', '-sn', '-dn', '-af', 'aformat=channel_layouts=mono|stereo', '-ar', '16000'];

/**
 * Any allowed container on stdin → 16 kHz s16le of one or two channels on stdout, and before each packet of it a line of
 * ffmpeg's `framecrc` on pipe 3: when it begins, how long it is.
 * @param track  number among the audio tracks
 */
export function decodeArguments(container: Container, track: number): readonly string[] {
  // Their times count from the file's start. Those of other containers count from anywhere: from their first.
  const times = container === 'mp4' || container === 'matroska' ? ['-copyts'] : [];
  const packets = '[f=framecrc:flush_packets=1]pipe:3|[f=s16le:flush_packets=1]pipe:1';
  return [
    ...[...QUIET, '-loglevel', 'info', ...times, ...INPUT, '-map', `0:a:${track}`, ...SPEECH],
    ...['-c:a', 'pcm_s16le', '-f', 'tee', packets],
  ];
}

const LIVE_DEMUXERS: Readonly<Record<Exclude<SoundFile, 'WAV'>, string>> = {
  Ogg: 'ogg',
  'WebM or Matroska': 'matroska',
  MP4: 'mov',
  FLAC: 'flac',
  MP3: 'mp3',
  AAC: 'aac',
};

/** A file that is being made, on stdin → 16 kHz WAV of one or two channels on stdout, as soon as it can be had. */
export function liveArguments(kind: Exclude<SoundFile, 'WAV'>): readonly string[] {
  // Little is looked at before the sound begins. (`-fflags nobuffer` would lose what was looked at.)
  const early = ['-flags', 'low_delay', '-probesize', '2048', '-analyzeduration', '0'];
  return [
    ...[...QUIET, '-loglevel', 'error', ...early, '-f', LIVE_DEMUXERS[kind], ...INPUT, '-map', '0:a:0'],
    ...[...SPEECH, '-c:a', 'pcm_s16le', '-flush_packets', '1', '-f', 'wav', 'pipe:1'],
  ];
}

/** 16 kHz mono s16le on stdin → FLAC on stdout: half the size, nothing lost for a later look. */
export const FLAC_ARGUMENTS = [
  ...QUIET,
  ...[
    '-loglevel',
    'error',
    '-f',
    's16le',
    '-ar',
    '16000',
    '-ac',
    '1',
    '-i',
    'pipe:0',
    '-f',
    'flac',
    'pipe:1',
  ],
] as const;

const STDERR_KEPT = 8_192;

/** One ffmpeg child between two pipes; `stop` ends it at any time. */
export class Ffmpeg {
  readonly output: Readable;
  /** What it tells on pipe 3, as text; undefined where it was not asked to. */
  readonly packets: Readable | undefined;
  /** Exit code; null when it was stopped. Rejects when ffmpeg cannot be started. */
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly input: Writable;
  private log = '';
  private rateHz: number | undefined;
  private logEnd = '';

  constructor(command: string, args: readonly string[], tellsPackets = false) {
    this.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe', ...(tellsPackets ? ['pipe' as const] : [])],
    });
    const unavailable = (cause?: unknown): AppError =>
      new AppError('upstream.unavailable', 'The media decoder is not available.', { cause });
    // Before all else: where descriptors have run out there are no pipes, and the error comes all the same. A signal that
    // cannot be sent is an error too, and may follow another one.
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', (cause) => reject(unavailable(cause)));
      this.child.once('close', (code) => resolve(code));
    });
    this.exited.catch(() => undefined);
    const stdio = this.child.stdio as
      [Writable, Readable, Readable, Readable | undefined, undefined] | undefined;
    if (!stdio) throw unavailable();
    const [input, output, log, packets] = stdio;
    this.input = input;
    this.output = output;
    this.packets = packets?.setEncoding('latin1');
    log.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(0, STDERR_KEPT);
      this.noteRates(text);
    });
    // Whoever reads them sees their faults; a pipe that nobody reads any more must not end the process by one.
    for (const pipe of [output, log, packets]) pipe?.on('error', () => undefined);
    // Writing on after ffmpeg has read enough is no fault; `feed` sees it as a closed pipe.
    input.on('error', () => undefined);
  }

  /** Writes a source to stdin at the pace ffmpeg reads it. What comes after ffmpeg closed its end is read and dropped. */
  async feed(source: ByteSource): Promise<void> {
    for await (const chunk of source) await this.write(chunk);
    this.endInput();
  }

  /** Resolves when there is room for more. */
  async write(chunk: Buffer): Promise<void> {
    if (this.input.writable && !this.input.write(chunk)) await writableAgain(this.input);
  }

  /** Nothing more comes: ffmpeg ends once it has written what it has. */
  endInput(): void {
    this.input.end();
  }

  /** By whole lines: what a file says of itself stands behind its key, and never begins one. */
  private noteRates(text: string): void {
    const lines = (this.logEnd + text).split('\n');
    this.logEnd = (lines.pop() ?? '').slice(0, STDERR_KEPT);
    for (const line of lines) {
      if (!line.trimStart().startsWith('Stream #0:')) continue;
      const at = line.indexOf(': Audio: ');
      const hz = at < 0 ? undefined : /, (\d{1,10}) Hz/.exec(line.slice(at))?.[1];
      if (hz !== undefined) this.rateHz = Math.min(this.rateHz ?? Infinity, Number(hz));
    }
  }

  /** The length the container claims, once ffmpeg has said it. */
  get claimedDurationMs(): number | undefined {
    const match = /Duration: (\d+):(\d\d):(\d\d)\.(\d\d)/.exec(this.log);
    if (!match) return undefined;
    const [hours = 0, minutes = 0, seconds = 0, hundredths = 0] = match.slice(1).map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10;
  }

  /** The lowest sample rate that ffmpeg has named so far; a title that reads like its log cannot raise it. */
  get lowestRateHz(): number | undefined {
    return this.rateHz;
  }

  get foundNoSound(): boolean {
    return /matches no streams|does not contain any stream/.test(this.log);
  }

  stop(): void {
    this.child.kill('SIGKILL');
    this.input.destroy();
    this.output.destroy();
    this.packets?.destroy();
  }
}
