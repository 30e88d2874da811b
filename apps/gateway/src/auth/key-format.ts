import { createHash, randomBytes } from 'node:crypto';

/** `pk`, what everybody may see of the key, the secret. */
const KEY = /^pk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
/** Of secrets that open one API alone: OpenAI's. */
export const CLIENT_SECRET_PREFIX = 'ek_';
const PREFIX_BYTES = 8;
/** 256 bits from the system's generator: nobody guesses them, so one round of SHA-256 hides them as well as a slow hash would. */
const SECRET_BYTES = 32;

/** A key that was just made; `key` is told once and kept nowhere. */
export interface NewKey {
  readonly key: string;
  readonly prefix: string;
  readonly hash: string;
}

export function newKey(): NewKey {
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  const key = `pk_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, prefix, hash: hashOf(key) };
}

/** The part of a key by which the store finds it; undefined for what is no such key. */
export function prefixOf(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

export function isClientSecret(key: string | undefined): key is string {
  return key?.startsWith(CLIENT_SECRET_PREFIX) ?? false;
}

/** What the store has of a secret: SHA-256, hexadecimal. */
export function hashOf(secret: string): string {
  return sha256(secret).toString('hex');
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
