import { describe, expect, it } from '@jest/globals';
import { isChunkingField, readChunkingStrategy } from './chunking-strategy.js';

const read = (fields: Readonly<Record<string, string>>) =>
  readChunkingStrategy(new Map(Object.entries(fields).map(([name, value]) => [name, [value]])));

describe("OpenAI's chunking_strategy", () => {
  it('is no option of decoding where a form does not have it', () => {
    expect(read({ model: 'whisper-1' })).toEqual({});
    expect(read({ chunking_strategy: '' })).toEqual({});
  });

  it('auto listens where there is speech, by the usual limits', () => {
    expect(read({ chunking_strategy: 'auto' })).toEqual({ vadFilter: true });
  });

  it("server_vad has OpenAI's limits where it names none", () => {
    const usual = { vadFilter: true, vadThreshold: 0.5, vadPrefixMs: 300, vadSilenceMs: 200 };
    expect(read({ 'chunking_strategy[type]': 'server_vad' })).toEqual(usual);
    expect(read({ chunking_strategy: '{"type":"server_vad"}' })).toEqual(usual);
  });

  it('takes limits in elements of the form, as the clients send them, and in JSON', () => {
    const limits = { threshold: 0.7, prefix_padding_ms: 0, silence_duration_ms: 900 };
    const asked = { vadFilter: true, vadThreshold: 0.7, vadPrefixMs: 0, vadSilenceMs: 900 };
    const elements = Object.entries(limits).map(([name, value]) => [
      `chunking_strategy[${name}]`,
      String(value),
    ]);
    expect(read({ 'chunking_strategy[type]': 'server_vad', ...Object.fromEntries(elements) })).toEqual(asked);
    expect(read({ chunking_strategy: JSON.stringify({ type: 'server_vad', ...limits }) })).toEqual(asked);
  });

  it.each<[string, Record<string, string>]>([
    ['chunking_strategy', { chunking_strategy: 'manual' }],
    ['chunking_strategy', { chunking_strategy: '{"type":' }],
    ['chunking_strategy', { chunking_strategy: 'auto', 'chunking_strategy[type]': 'server_vad' }],
    ['chunking_strategy.type', { 'chunking_strategy[threshold]': '0.5' }],
    ['chunking_strategy.type', { 'chunking_strategy[type]': 'semantic_vad' }],
    ['chunking_strategy.threshold', { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[threshold]': '2' }], // prettier-ignore
    ['chunking_strategy.threshold', { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[threshold]': 'low' }], // prettier-ignore
    ['chunking_strategy.silence_duration_ms', { chunking_strategy: '{"type":"server_vad","silence_duration_ms":-1}' }], // prettier-ignore
    ['chunking_strategy.eagerness', { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[eagerness]': 'low' }], // prettier-ignore
  ])('is refused by name: %s in %j', (param, fields) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 'request.invalid', param }));
  });

  it('has fields that are told from others', () => {
    const names = ['chunking_strategy', 'chunking_strategy[type]', 'chunking', 'chunking_strategy[]x'];
    expect(names.map(isChunkingField)).toEqual([true, true, false, false]);
  });
});
