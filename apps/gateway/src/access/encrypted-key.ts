import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts a text by a secret, for one name: the result is not good for another. @returns base64url */
export function encrypt(text: string, secret: string, name: string): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret, salt), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(name));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), encrypted]).toString('base64url');
}

/** As `encrypt`, back. @throws Error where the secret, the name or the text is another */
export function decrypt(encrypted: string, secret: string, name: string): string {
  const bytes = Buffer.from(encrypted, 'base64url');
  const [nonceAt, tagAt, textAt] = [
    SALT_BYTES,
    SALT_BYTES + NONCE_BYTES,
    SALT_BYTES + NONCE_BYTES + TAG_BYTES,
  ];
  const key = keyOf(secret, bytes.subarray(0, nonceAt));
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(nonceAt, tagAt), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(tagAt, textAt));
  return Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]).toString('utf8');
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'parlance signing key', KEY_BYTES));
}
