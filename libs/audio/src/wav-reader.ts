import { AppError } from '@parlance/errors';
import { SampleReader } from './sample-reader.js';
import { parseWavHeader, type WavFormat } from './wav-header.js';

/** Reads a WAV file that arrives in pieces of any size; what follows the samples is ignored. */
export class WavReader {
  private head: Buffer = Buffer.alloc(0);
  private reader: SampleReader | undefined;
  private remaining = Infinity;
  private seen = 0;
  private header: WavFormat | undefined;

  /** Known once the header has come. */
  get format(): WavFormat | undefined {
    return this.header;
  }

  /**
   * Interleaved samples completed by `bytes`.
   * @throws AppError audio.unsupported_format, audio.corrupt
   */
  push(bytes: Uint8Array): Float32Array {
    if (this.reader) return this.readData(this.reader, bytes);
    this.seen += bytes.length;
    this.head = this.head.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.head, bytes]);
    const header = parseWavHeader(this.head);
    if (!header) return new Float32Array(0);
    this.header = header;
    this.reader = new SampleReader(header.sampleFormat, header.channels);
    this.remaining = header.dataBytes ?? Infinity;
    const data = this.head.subarray(header.dataOffset);
    this.head = Buffer.alloc(0);
    return this.readData(this.reader, data);
  }

  /**
   * A file cut short within its samples is taken as far as it goes; one cut within its header is a fault.
   * @throws AppError audio.empty, audio.corrupt
   */
  end(): void {
    if (this.reader) return;
    if (this.seen === 0) throw new AppError('audio.empty', 'The audio is empty.');
    throw new AppError('audio.corrupt', 'The WAV file ends within its header.');
  }

  private readData(reader: SampleReader, bytes: Uint8Array): Float32Array {
    const data = bytes.length > this.remaining ? bytes.subarray(0, this.remaining) : bytes;
    this.remaining -= data.length;
    return reader.read(data);
  }
}
