import type { GraphBuilder } from '../onnx/graph-builder.js';
import { ELEMENT } from '../onnx/onnx-proto.js';

/** Rounds of the hash: the best two-round constants found for 32 bits that are positive as signed numbers
 *  (github.com/skeeto/hash-prospector, bias 0.107). */
const ROUNDS: readonly (readonly [shift: number, factor: number])[] = [
  [16, 0x21f0aaad],
  [15, 0x735a2d97],
];
const LAST_SHIFT = 15;
/** Bits of a hash that become a number: with the half added they are exact in float32. */
const BITS = 23;

/** Numbers in (0, 1), each a function of (seed, step, token) alone: hash(token + hash(step + hash(seed))), its upper 23 bits and
 *  a half over 2^23. So a request draws the same text in any batch and at any time.
 *  @param seed,step int64 [r, 1]; the low 31 bits count
 *  @param count how many tokens, int64 [1]
 *  @returns [r, count] */
export function uniformNoise(g: GraphBuilder, seed: string, step: string, count: string): string {
  const narrow = (x: string): string =>
    g.op('Cast', [g.op('BitwiseAnd', [x, g.int(0x7fffffff)])], { to: ELEMENT.int32 });
  const key = hash(g, g.op('Add', [narrow(step), hash(g, narrow(seed))]));
  const tokens = g.op('Cast', [g.op('Range', [g.int(0), g.op('Squeeze', [count]), g.int(1)])], {
    to: ELEMENT.int32,
  });
  const upper = shiftRight(g, hash(g, g.op('Add', [tokens, key])), 32 - BITS);
  const half = g.op('Add', [g.op('Cast', [upper], { to: ELEMENT.float32 }), g.number(0.5)]);
  return g.op('Mul', [half, g.number(2 ** -BITS)]);
}

/** int32 → int32, products modulo 2^32. */
function hash(g: GraphBuilder, x: string): string {
  let mixed = x;
  for (const [shift, factor] of ROUNDS)
    mixed = g.op('Mul', [g.op('BitwiseXor', [mixed, shiftRight(g, mixed, shift)]), g.int32(factor)]);
  return g.op('BitwiseXor', [mixed, shiftRight(g, mixed, LAST_SHIFT)]);
}

/** Shifts the 32 bits, zeros from the left. */
function shiftRight(g: GraphBuilder, x: string, bits: number): string {
  const shifted = g.op('BitShift', [g.op('Cast', [x], { to: ELEMENT.uint32 }), g.uint32(bits)], {
    direction: 'RIGHT',
  });
  return g.op('Cast', [shifted], { to: ELEMENT.int32 });
}
