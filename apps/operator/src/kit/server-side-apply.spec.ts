import { describe, expect, it } from '@jest/globals';
import { digestOf, isWithin } from './server-side-apply.js';

describe('isWithin', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['what the server adds does not count', { a: 1 }, { a: 1, b: 2 }, true],
    ['what somebody changed counts', { a: 1 }, { a: 2 }, false],
    ['what somebody removed counts', { a: { b: 1 } }, { a: {} }, false],
    ['nothing is as good as empty', { a: {}, b: [] }, {}, true],
    ['quantities are numbers', { cpu: '1000m', memory: '1024Mi' }, { cpu: '1', memory: '1Gi' }, true],
    ['quantities that differ', { cpu: '1' }, { cpu: '1500m' }, false],
    [
      'items are told apart by name, and more of them are not ours',
      [{ name: 'a', value: '1' }],
      [{ name: 'b' }, { name: 'a', value: '1', x: 1 }],
      true,
    ],
    ['an item of ours that is missing', [{ name: 'a' }], [{ name: 'b' }], false],
    ['plain lists are compared whole', ['a', 'b'], ['a', 'b', 'c'], false],
    ['a number is no text', { port: 80 }, { port: 'http' }, false],
  ])('%s', (_, wanted, live, expected) => {
    expect(isWithin(wanted, live)).toBe(expected);
  });
});

describe('digestOf', () => {
  it('does not depend on the order of keys, nor on what is undefined', () => {
    expect(digestOf({ a: 1, b: { c: 2, d: undefined } })).toBe(digestOf({ b: { c: 2 }, a: 1 }));
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
  });
});
