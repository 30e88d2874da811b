import type { SpeechEncoding__Output } from '@parlance/contracts/proto/parlance/tts/v1/SpeechEncoding';

/** What every encoding is sampled at: OpenAI's PCM rate, and one Opus takes. */
export const OUTPUT_RATE_HZ = 24_000;

export interface Encoding {
  readonly name: Exclude<SpeechEncoding__Output, 'SPEECH_ENCODING_UNSPECIFIED'>;
  readonly contentType: string;
  readonly extension: string;
  /** ffmpeg's output options. */
  readonly arguments: readonly string[];
}

export const ENCODINGS: Readonly<Record<Encoding['name'], Encoding>> = {
  MP3: encoding('MP3', 'audio/mpeg', 'mp3', ['-c:a', 'libmp3lame', '-b:a', '64k', '-f', 'mp3']),
  OGG_OPUS: encoding('OGG_OPUS', 'audio/ogg; codecs=opus', 'ogg', [
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-f',
    'ogg',
  ]),
  // The header is written when the length is known.
  WAV: encoding('WAV', 'audio/wav', 'wav', ['-f', 's16le']),
  PCM_S16LE: encoding('PCM_S16LE', `audio/pcm; rate=${OUTPUT_RATE_HZ}; channels=1`, 'pcm', ['-f', 's16le']),
  AAC: encoding('AAC', 'audio/aac', 'aac', ['-c:a', 'aac', '-b:a', '64k', '-f', 'adts']),
  FLAC: encoding('FLAC', 'audio/flac', 'flac', ['-c:a', 'flac', '-f', 'flac']),
};

function encoding(name: Encoding['name'], contentType: string, extension: string, args: string[]): Encoding {
  return { name, contentType, extension, arguments: args };
}
