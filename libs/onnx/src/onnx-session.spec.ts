import { describe, expect, it } from '@jest/globals';
import { byteProductsOverflow } from './onnx-session.js';

describe('products of signed and unsigned bytes', () => {
  it('overflow on x86 without VNNI, and where nothing is known of the processor', () => {
    expect(byteProductsOverflow('x64', 'flags : fpu sse4_2 avx2 avx512f avx512bw')).toBe(true);
    expect(byteProductsOverflow('x64', '')).toBe(true);
  });

  it.each(['avx512_vnni', 'avx_vnni'])('are exact with %s', (flag) => {
    expect(byteProductsOverflow('x64', `flags : fpu avx2 ${flag} rdpid`)).toBe(false);
  });

  it('are exact on other architectures', () => {
    expect(byteProductsOverflow('arm64', 'Features : fp asimd')).toBe(false);
  });
});
