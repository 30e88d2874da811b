import type { SpeechEncoding__Output } from '@parlance/contracts/proto/parlance/tts/v1/SpeechEncoding';

/** What every encoding is sampled at: OpenAI's PCM rate, and one Opus takes. */
export const OUTPUT_RATE_HZ = 24_000;

type ProtoName = Exclude<SpeechEncoding__Output, 'SPEECH_ENCODING_UNSPECIFIED'>;
type ShortName<Name> = Name extends `SPEECH_ENCODING_${infer Short}` ? Short : never;
type Name = ShortName<ProtoName>;

export interface Encoding {
  /** In configuration, in traces and in the key of what is cached. */
  readonly name: Name;
  /** In the gRPC API. */
  readonly protoName: ProtoName;
  readonly contentType: string;
  readonly extension: string;
  /** Silence that the encoder puts in front and a decoder leaves there. */
  readonly delayMs: number;
  /** ffmpeg's output options. */
  readonly arguments: readonly string[];
}

export const ENCODINGS: Readonly<Record<ProtoName, Encoding>> = {
  SPEECH_ENCODING_MP3: encoding(
    'MP3',
    'audio/mpeg',
    'mp3',
    ['-c:a', 'libmp3lame', '-b:a', '64k', '-f', 'mp3'],
    46,
  ),
  SPEECH_ENCODING_OGG_OPUS: encoding('OGG_OPUS', 'audio/ogg; codecs=opus', 'ogg', [
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-f',
    'ogg',
  ]),
  // The header is written when the length is known.
  SPEECH_ENCODING_WAV: encoding('WAV', 'audio/wav', 'wav', ['-f', 's16le']),
  SPEECH_ENCODING_PCM_S16LE: encoding('PCM_S16LE', `audio/pcm; rate=${OUTPUT_RATE_HZ}; channels=1`, 'pcm', [
    '-f',
    's16le',
  ]),
  SPEECH_ENCODING_AAC: encoding('AAC', 'audio/aac', 'aac', ['-c:a', 'aac', '-b:a', '64k', '-f', 'adts'], 43),
  SPEECH_ENCODING_FLAC: encoding('FLAC', 'audio/flac', 'flac', ['-c:a', 'flac', '-f', 'flac']),
};

function encoding(name: Name, contentType: string, extension: string, args: string[], delayMs = 0): Encoding {
  return { name, protoName: `SPEECH_ENCODING_${name}`, contentType, extension, delayMs, arguments: args };
}
