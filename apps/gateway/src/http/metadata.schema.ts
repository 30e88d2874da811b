import { z } from 'zod';

/** Bounds of a client's own data: characters as JSON, objects and lists within each other, fields of one object. */
export const METADATA_LIMITS = { characters: 4_000, depth: 5, keyCharacters: 64 } as const;

/** Names that mean something to JavaScript, and those that mean something to document stores. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const KEY = /^[^$.\p{Cc}][^.\p{Cc}]*$/u;

/** A client's own data: a plain JSON object, kept and given back as it is. It is looked at as it came: a schema of records would
 *  leave out what it must refuse. */
export const metadataSchema = z
  .unknown()
  .superRefine((value, context) => {
    const fault = isObject(value) ? (faultOf(value, 1) ?? lengthFault(value)) : 'must be an object';
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform((value) => value as Readonly<Record<string, unknown>>)
  .meta({ type: 'object', additionalProperties: true });

function faultOf(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > METADATA_LIMITS.depth) return `may be ${METADATA_LIMITS.depth} levels deep`;
  if (!Array.isArray(value)) {
    const bad = Object.keys(value).find((key) => !isKey(key));
    if (bad !== undefined)
      return `has a field that may not be named ${JSON.stringify(bad.slice(0, METADATA_LIMITS.keyCharacters))}`;
  }
  for (const one of Object.values(value)) {
    const fault = faultOf(one, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isKey(key: string): boolean {
  return key.length <= METADATA_LIMITS.keyCharacters && KEY.test(key) && !RESERVED.has(key);
}

/** Of what is not deep: a deep value would exhaust the stack. */
function lengthFault(value: unknown): string | undefined {
  const { length } = JSON.stringify(value);
  return length > METADATA_LIMITS.characters
    ? `may have ${METADATA_LIMITS.characters} characters as JSON`
    : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
