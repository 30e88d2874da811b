import { describe, expect, it } from '@jest/globals';
import { decrypt, encrypt } from './encrypted-key.js';

describe('a signing key in the store', () => {
  it('is read with its secret and its name, and looks different each time', () => {
    const [first, second] = [
      encrypt('private key', 'secret', 'kid'),
      encrypt('private key', 'secret', 'kid'),
    ];
    expect(first).not.toBe(second);
    for (const encrypted of [first, second]) expect(decrypt(encrypted, 'secret', 'kid')).toBe('private key');
    expect(Buffer.from(first, 'base64url').includes('private')).toBe(false);
  });

  it('is not read with another secret, under another name, or when it was changed or cut', () => {
    const encrypted = encrypt('private key', 'secret', 'kid');
    const bytes = Buffer.from(encrypted, 'base64url');
    bytes[bytes.length - 1]! ^= 1;
    for (const [text, secret, name] of [
      [encrypted, 'another', 'kid'],
      [encrypted, 'secret', 'another'],
      [bytes.toString('base64url'), 'secret', 'kid'],
      [encrypted.slice(0, 30), 'secret', 'kid'],
      ['', 'secret', 'kid'],
    ] as const)
      expect(() => decrypt(text, secret, name)).toThrow();
  });
});
