import { describe, expect, it } from '@jest/globals';
import { WavReader } from './wav-reader.js';
import { writeWav } from './wav-writer.js';

interface WavRecipe {
  tag?: number;
  bits?: number;
  channels?: number;
  rate?: number;
  data: Buffer;
  dataSize?: number;
  extensible?: boolean;
  chunksBefore?: Buffer;
}

/** A WAV file written field by field. */
function wav({
  tag = 1,
  bits = 16,
  channels = 1,
  rate = 16000,
  data,
  dataSize = data.length,
  extensible = false,
  chunksBefore = Buffer.alloc(0),
}: WavRecipe): Buffer {
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) format.writeUInt16LE(tag, 24);
  return Buffer.concat([
    Buffer.from('RIFF\0\0\0\0WAVE'),
    chunksBefore,
    chunk('fmt ', format),
    chunk('data', data, dataSize),
  ]);
}

function chunk(id: string, body: Buffer, size = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
}

function read(file: Buffer, step = file.length): number[] {
  const reader = new WavReader();
  const samples: number[] = [];
  for (let at = 0; at < file.length; at += step) samples.push(...reader.push(file.subarray(at, at + step)));
  reader.end();
  return samples;
}

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('WavReader', () => {
  it.each([
    ['8-bit', { bits: 8, data: Buffer.from([0, 64, 128, 192]) }],
    ['16-bit', { bits: 16, data: Buffer.from(Int16Array.of(-32768, -16384, 0, 16384).buffer) }],
    ['24-bit', { bits: 24, data: Buffer.from([0, 0, 0x80, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0x40]) }],
    ['32-bit', { bits: 32, data: Buffer.from(Int32Array.of(-(2 ** 31), -(2 ** 30), 0, 2 ** 30).buffer) }],
    ['float', { tag: 3, bits: 32, data: floats(-1, -0.5, 0, 0.5) }],
    ['double', { tag: 3, bits: 64, data: Buffer.from(Float64Array.of(-1, -0.5, 0, 0.5).buffer) }],
  ] satisfies [string, WavRecipe][])(
    'reads %s samples, plain and extensible, cut at any byte',
    (_, recipe) => {
      for (const extensible of [false, true])
        for (const step of [1, 7, 1000])
          expect(read(wav({ ...recipe, extensible }), step)).toEqual([-1, -0.5, 0, 0.5]);
    },
  );

  it('skips chunks before the samples and ignores what follows them', () => {
    const file = wav({
      data: Buffer.from(Int16Array.of(16384).buffer),
      chunksBefore: chunk('LIST', Buffer.from('odd')),
    });
    expect(read(Buffer.concat([file, chunk('id3 ', Buffer.from('tail'))]), 5)).toEqual([0.5]);
  });

  it.each([0, 0xffffffff, 1000])('reads to the end of the stream where the data size says %d', (dataSize) => {
    expect(read(wav({ data: Buffer.from(Int16Array.of(16384, -16384).buffer), dataSize }))).toEqual([
      0.5, -0.5,
    ]);
  });

  it('drops a last sample that was cut', () => {
    expect(read(wav({ data: Buffer.from([0, 64, 7, 7]) }).subarray(0, -1))).toEqual([0.5]);
  });

  it('clips floats beyond full scale and refuses those that are no numbers', () => {
    expect(read(wav({ tag: 3, bits: 32, data: floats(1.5, -7) }))).toEqual([1, -1]);
    for (const value of [NaN, Infinity])
      expect(() => read(wav({ tag: 3, bits: 32, data: floats(0, value) }))).toThrow(
        expect.objectContaining({ code: 'audio.corrupt' }),
      );
  });

  it.each([
    ['text', Buffer.from('This is not audio at all, sorry.'), 'audio.unsupported_format'],
    ['nothing', Buffer.alloc(0), 'audio.empty'],
    ['half a header', wav({ data: Buffer.alloc(4) }).subarray(0, 30), 'audio.corrupt'],
    ['a µ-law file', wav({ tag: 7, bits: 8, data: Buffer.alloc(4) }), 'audio.unsupported_format'],
    ['12-bit samples', wav({ bits: 12, channels: 2, data: Buffer.alloc(4) }), 'audio.unsupported_format'],
    ['a rate of 4 kHz', wav({ rate: 4000, data: Buffer.alloc(4) }), 'audio.unsupported_format'],
    ['no channel', wav({ channels: 0, data: Buffer.alloc(4) }), 'audio.unsupported_format'],
    ['samples without a format', Buffer.from('RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd'), 'audio.corrupt'],
    ['a chunk without end', Buffer.from('RIFF\0\0\0\0WAVELIST\0\0\0\x7fabcd'), 'audio.corrupt'],
  ])('refuses %s', (_, file, code) => {
    expect(() => read(file)).toThrow(expect.objectContaining({ code }));
  });

  it('reads what the writer writes', () => {
    expect(read(writeWav(Int16Array.of(0, 16384, -32768), 16000))).toEqual([0, 0.5, -1]);
  });
});
