import { describe, expect, it } from '@jest/globals';
import { wyomingFrame, WyomingReader, type WyomingEvent } from './wyoming-reader.js';

const LIMITS = { headerBytes: 100, dataBytes: 50, payloadBytes: 20 };

function read(bytes: Buffer, step = bytes.length): WyomingEvent[] {
  const reader = new WyomingReader(LIMITS);
  const events: WyomingEvent[] = [];
  for (let at = 0; at < bytes.length; at += step) events.push(...reader.push(bytes.subarray(at, at + step)));
  expect(reader.isMidEvent).toBe(false);
  return events;
}

const line = (header: object | string, ...rest: string[]): Buffer =>
  Buffer.from(`${typeof header === 'string' ? header : JSON.stringify(header)}\n${rest.join('')}`);

describe('the reader of Wyoming events', () => {
  it.each([1, 2, 3, 7, 1_000])('reads events that are cut into %i bytes', (step) => {
    const bytes = Buffer.concat([
      wyomingFrame('describe'),
      wyomingFrame('audio-chunk', { rate: 16_000 }, Buffer.from('\n{}\n')),
      wyomingFrame('synthesize', { text: 'Grüße\n😀' }),
      wyomingFrame('audio-stop'),
    ]);
    expect(read(bytes, step)).toEqual([
      { type: 'describe', data: {}, payload: Buffer.alloc(0) },
      { type: 'audio-chunk', data: { rate: 16_000 }, payload: Buffer.from('\n{}\n') },
      { type: 'synthesize', data: { text: 'Grüße\n😀' }, payload: Buffer.alloc(0) },
      { type: 'audio-stop', data: {}, payload: Buffer.alloc(0) },
    ]);
  });

  it('merges data behind the header over data inside it, as older clients send both', () => {
    const bytes = line(
      { type: 'synthesize', data: { text: 'old', voice: {} }, data_length: 14, version: '1.8.0' },
      '{"text":"new"}',
    );
    expect(read(bytes)).toMatchObject([{ data: { text: 'new', voice: {} } }]);
    expect(read(line({ type: 'ping', data: null, data_length: null }))).toMatchObject([{ data: {} }]);
  });

  it('keeps a name that objects have of their own as data, and changes no other object by it', () => {
    const [event] = read(line('{"type":"ping","data":{"__proto__":{"text":"x"}}}'));
    expect(event?.data.text).toBeUndefined();
    expect(({} as { text?: string }).text).toBeUndefined();
  });

  it.each([
    ['no JSON', line('hello')],
    ['an empty line', line('')],
    ['a list', line('[]')],
    ['no type', line({ data: {} })],
    ['a type that is no text', line({ type: 7 })],
    ['a length below zero', line({ type: 'ping', data_length: -1 })],
    ['a length that is no number', line({ type: 'ping', payload_length: '7' })],
    ['half a byte', line({ type: 'ping', payload_length: 0.5 })],
    ['data that is no object', line({ type: 'ping', data: [] })],
    ['data behind that is no JSON', line({ type: 'ping', data_length: 2 }, 'xx')],
    ['data behind that is no object', line({ type: 'ping', data_length: 2 }, '[]')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22, 10])],
    ['nesting without an end', line('['.repeat(99))],
  ])('refuses %s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it.each([
    ['a header without an end', Buffer.alloc(101, 'x')],
    ['a long header', line({ type: 'ping', data: { text: 'x'.repeat(100) } })],
    ['long data', line({ type: 'ping', data_length: 51 })],
    ['a long payload', line({ type: 'audio-chunk', payload_length: 21 })],
    ['a payload without bounds', line({ type: 'audio-chunk', payload_length: Number.MAX_SAFE_INTEGER })],
  ])('refuses %s before it has come', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'request.too_large' }));
  });

  it('reads on when the next event is asked for, and knows whether it is in the middle of one', () => {
    const reader = new WyomingReader(LIMITS);
    const events = reader.push(Buffer.concat([wyomingFrame('ping'), line('broken')]));
    expect(events.next().value).toMatchObject({ type: 'ping' });
    expect(() => events.next()).toThrow('The header line is no JSON.');
    const half = new WyomingReader(LIMITS);
    expect([...half.push(Buffer.from('{"type"'))]).toEqual([]);
    expect(half.isMidEvent).toBe(true);
  });
});
