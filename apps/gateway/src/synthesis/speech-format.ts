import type { SpeakEncodingName, SpeakFormat } from '@parlance/contracts';

/** What ffmpeg calls an encoding, and the format that has it where there is no container. */
const CODECS: Readonly<Record<SpeakEncodingName, { readonly codec: string; readonly bare: string }>> = {
  linear16: { codec: 'pcm_s16le', bare: 's16le' },
  mulaw: { codec: 'pcm_mulaw', bare: 'mulaw' },
  alaw: { codec: 'pcm_alaw', bare: 'alaw' },
  mp3: { codec: 'libmp3lame', bare: 'mp3' },
  opus: { codec: 'libopus', bare: 'ogg' },
  flac: { codec: 'flac', bare: 'flac' },
  aac: { codec: 'aac', bare: 'adts' },
};

/** Media types as Deepgram names them; behind those of bare samples stands how many a second has. */
const TYPES: Readonly<Record<SpeakEncodingName, string>> = {
  linear16: 'audio/l16',
  mulaw: 'audio/mulaw',
  alaw: 'audio/alaw',
  mp3: 'audio/mpeg',
  opus: 'audio/ogg;codecs=opus',
  flac: 'audio/flac',
  aac: 'audio/aac',
};
const BARE_SAMPLES: ReadonlySet<SpeakEncodingName> = new Set(['linear16', 'mulaw', 'alaw']);

/** The media type of encoded speech. */
export function speakContentType({ encoding, container, sampleRateHz }: SpeakFormat): string {
  if (container === 'wav') return 'audio/wav';
  const type = TYPES[encoding];
  return BARE_SAMPLES.has(encoding) ? `${type};rate=${sampleRateHz};channels=1` : type;
}

/** Whether 16-bit samples of a rate are already what is asked for. */
export function isAsSpoken(format: SpeakFormat, rateHz: number): boolean {
  const { encoding, container, sampleRateHz } = format;
  return encoding === 'linear16' && container === 'none' && sampleRateHz === rateHz;
}

/** ffmpeg's arguments: mono 16-bit samples on stdin → the format on stdout, as soon as it can be had.
 *  @param rateHz  of the samples */
export function speakArguments(format: SpeakFormat, rateHz: number): readonly string[] {
  const { encoding, container, sampleRateHz, bitRate } = format;
  const { codec, bare } = CODECS[encoding];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-threads', '1'],
    ...['-probesize', '32', '-analyzeduration', '0', '-protocol_whitelist', 'pipe'],
    ...['-f', 's16le', '-ar', String(rateHz), '-ac', '1', '-i', 'pipe:0'],
    ...['-ac', '1', '-ar', String(sampleRateHz), '-c:a', codec],
    ...(bitRate === undefined ? [] : ['-b:a', String(bitRate)]),
    ...['-map_metadata', '-1', '-bitexact', '-f', container === 'wav' ? 'wav' : bare],
    ...['-flush_packets', '1', 'pipe:1'],
  ];
}
