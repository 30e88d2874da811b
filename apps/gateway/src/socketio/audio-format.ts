import { soundFileIn } from '@parlance/audio';
import { VOICE_LIMITS, type AudioMetadata } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { SpokenFormat } from '../live/spoken-audio.js';

/** MIME types of raw samples; the rate and channels are in the metadata. */
const RAW = /^audio\/(pcm|raw|x-raw|l16)\b/;
/** MIME types of containers that are recognised by their first bytes. */
const CONTAINER =
  /^(audio|video)\/(webm|ogg|opus|mp4|x-m4a|m4a|aac|mpeg|mp3|wav|wave|x-wav|vnd\.wave|flac|x-flac|x-matroska)\b/;
/** A data URL, as FileReader makes it. */
const DATA_URL = /^data:[^,]{0,200},/;
const NOT_BASE64 = /[^A-Za-z0-9+/=_-]/;

/** What a recording is announced to be. Containers say it themselves by their first bytes; raw samples must be announced, so that
 *  nothing else is decoded to noise. */
export class AudioFormat implements SpokenFormat {
  encoding: 'linear16' | 'float32' | undefined;
  sample_rate = 16_000;
  channels = 1;
  private head = Buffer.alloc(0);
  private isKnown = false;

  /** May be called until the first bytes are checked. @throws AppError audio.unsupported_format */
  announce({ mimeType, encoding, sampleRate, channels }: AudioMetadata = {}): void {
    const type = mimeType?.toLowerCase() ?? '';
    if (type !== '' && !RAW.test(type) && !CONTAINER.test(type))
      throw new AppError('audio.unsupported_format', `metadata.mimeType: ${type} is not taken here.`);
    if (encoding !== undefined || RAW.test(type)) this.encoding = encoding ?? 'linear16';
    if (sampleRate !== undefined) this.sample_rate = sampleRate;
    if (channels !== undefined) this.channels = channels;
  }

  /** Checks the first bytes of a recording that is not announced as raw.
   *  @throws AppError audio.unsupported_format where they begin no sound file */
  check(bytes: Buffer): void {
    if (this.isKnown || this.encoding !== undefined) return;
    this.head = Buffer.concat([this.head, bytes]);
    const found = soundFileIn(this.head);
    if (found === 'more') return;
    if (found === undefined)
      throw new AppError(
        'audio.unsupported_format',
        'This is no sound file that is known here; announce raw samples by metadata.encoding.',
      );
    this.isKnown = true;
    this.head = Buffer.alloc(0);
  }
}

/**
 * @param field  for the message
 * @throws AppError request.too_large, audio.corrupt
 */
export function audioBytes(audio: Uint8Array | string, field: string, maxBytes: number): Buffer {
  const bytes = typeof audio === 'string' ? fromBase64(audio, field, maxBytes) : Buffer.from(audio);
  if (bytes.length > maxBytes) throw tooLarge(field, maxBytes);
  return bytes;
}

/** @throws AppError request.too_large, request.invalid */
export function spokenText(text: string): string {
  if (Buffer.byteLength(text) > VOICE_LIMITS.textBytes) throw tooLarge('text', VOICE_LIMITS.textBytes);
  const spoken = text.trim();
  if (spoken === '') throw new AppError('request.invalid', 'text: is empty');
  return spoken;
}

function fromBase64(text: string, field: string, maxBytes: number): Buffer {
  // Four characters are three bytes.
  if (text.length > (maxBytes / 3) * 4 + 300) throw tooLarge(field, maxBytes);
  const base64 = text.replace(DATA_URL, '');
  if (NOT_BASE64.test(base64)) throw new AppError('audio.corrupt', `${field}: is not base64`);
  return Buffer.from(base64, 'base64');
}

function tooLarge(field: string, maxBytes: number): AppError {
  return new AppError('request.too_large', `${field}: may have ${maxBytes} bytes`);
}
