import type { SoundFile } from '@parlance/audio';
import { PipedProcess } from '@parlance/processes';
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

/** A spoken sentence on stdin → mono s16le on stdout. */
export function replyArguments(rateHz: number): readonly string[] {
  const samples = ['-ac', '1', '-ar', String(rateHz), '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'];
  return [...QUIET, '-loglevel', 'error', ...INPUT, '-map', '0:a:0', ...samples];
}

/** FLAC of ours on stdin → 16 kHz mono s16le on stdout. */
export const FLAC_TO_PCM_ARGUMENTS = [
  ...QUIET,
  ...[
    '-loglevel',
    'error',
    '-f',
    'flac',
    '-i',
    'pipe:0',
    '-f',
    's16le',
    '-ar',
    '16000',
    '-ac',
    '1',
    'pipe:1',
  ],
] as const;

const STDERR_KEPT = 8_192;

/** One ffmpeg process between two pipes, and what its log says of the file. */
export class Ffmpeg extends PipedProcess {
  private text = '';
  private rateHz: number | undefined;
  private unfinishedLine = '';

  /** @param options `readsPackets`: what it tells on pipe 3 is read, as `report`; `yieldsProcessors`: as of PipedProcess
   *  @throws AppError upstream.unavailable */
  constructor(
    command: string,
    args: readonly string[],
    { readsPackets = false, yieldsProcessors = false } = {},
  ) {
    super(command, args, {
      unavailable: 'The media decoder is not available.',
      readsLog: true,
      readsReport: readsPackets,
      yieldsProcessors,
    });
    this.report?.setEncoding('latin1');
    this.log?.setEncoding('utf8').on('data', (text: string) => {
      this.text = (this.text + text).slice(0, STDERR_KEPT);
      this.noteRates(text);
    });
  }

  /** By whole lines: what a file says of itself stands behind its key, and never begins one. */
  private noteRates(text: string): void {
    const lines = (this.unfinishedLine + text).split('\n');
    this.unfinishedLine = (lines.pop() ?? '').slice(0, STDERR_KEPT);
    for (const line of lines) {
      if (!line.trimStart().startsWith('Stream #0:')) continue;
      const at = line.indexOf(': Audio: ');
      const hz = at < 0 ? undefined : /, (\d{1,10}) Hz/.exec(line.slice(at))?.[1];
      if (hz !== undefined) this.rateHz = Math.min(this.rateHz ?? Infinity, Number(hz));
    }
  }

  /** The length the container claims, once ffmpeg has said it. */
  get claimedDurationMs(): number | undefined {
    const match = /Duration: (\d+):(\d\d):(\d\d)\.(\d\d)/.exec(this.text);
    if (!match) return undefined;
    const [hours = 0, minutes = 0, seconds = 0, hundredths = 0] = match.slice(1).map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10;
  }

  /** The lowest sample rate that ffmpeg has named so far; a title that reads like its log cannot raise it. */
  get lowestRateHz(): number | undefined {
    return this.rateHz;
  }

  get foundNoSound(): boolean {
    return /matches no streams|does not contain any stream/.test(this.text);
  }
}
