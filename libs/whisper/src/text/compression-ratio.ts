import { deflateSync } from 'node:zlib';

/** How repetitive a text is: UTF-8 bytes over zlib-compressed bytes (openai/whisper, utils.py). Above 2.4 it is a loop. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length / deflateSync(bytes).length;
}
