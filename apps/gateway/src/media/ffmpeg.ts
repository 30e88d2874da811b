import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '#libs/errors';
import type { ByteSource } from './byte-source.js';

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

/** Any allowed container on stdin → 16 kHz mono s16le on stdout. */
export const DECODE_ARGUMENTS = [
  ...QUIET,
  ...['-loglevel', 'info', '-protocol_whitelist', 'pipe', '-format_whitelist', DEMUXERS, '-i', 'pipe:0'],
  ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-ac', '1', '-ar', '16000', '-f', 's16le', 'pipe:1'],
] as const;

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
/** Longer than a line about a stream. */
const LOG_LINE = 512;

/** One ffmpeg child between two pipes; `stop` ends it at any time. */
export class Ffmpeg {
  readonly output: Readable;
  /** Exit code; null when it was stopped. Rejects when ffmpeg cannot be started. */
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private log = '';
  private rateHz: number | undefined;
  private logEnd = '';

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.output = this.child.stdout;
    this.child.stderr.setEncoding('utf8');
    this.child.stderr.on('data', (text: string) => {
      this.log = (this.log + text).slice(0, STDERR_KEPT);
      this.noteRates(this.logEnd + text);
      this.logEnd = (this.logEnd + text).slice(-LOG_LINE);
    });
    // Writing on after ffmpeg has read enough is no fault; `feed` sees it as a closed pipe, and readers their own faults.
    for (const pipe of this.child.stdio) pipe?.on('error', () => undefined);
    this.exited = new Promise((resolve, reject) => {
      // A signal that cannot be sent is an error too, and may follow another one.
      this.child.on('error', (cause) =>
        reject(new AppError('upstream.unavailable', 'The media decoder is not available.', { cause })),
      );
      this.child.once('close', (code) => resolve(code));
    });
    this.exited.catch(() => undefined);
  }

  /** Writes a source to stdin at the pace ffmpeg reads it. What comes after ffmpeg closed its end is read and dropped. */
  async feed(source: ByteSource): Promise<void> {
    const { stdin } = this.child;
    for await (const chunk of source) {
      if (stdin.writable && !stdin.write(chunk)) await writableAgain(stdin);
    }
    stdin.end();
  }

  private noteRates(log: string): void {
    for (const [, hz] of log.matchAll(/Stream #0:.*?: Audio: .*?, (\d+) Hz/g))
      this.rateHz = Math.min(this.rateHz ?? Infinity, Number(hz));
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
    this.child.stdin.destroy();
    this.child.stdout.destroy();
  }
}

/** Resolves when a pipe takes bytes again or has closed. */
function writableAgain(pipe: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      pipe.off('drain', settle).off('close', settle);
      resolve();
    };
    pipe.on('drain', settle).on('close', settle);
  });
}
