import { createHash } from 'node:crypto';

/** One of the options, the same one for the same seed: a redelivered turn gets the same reply. */
export function choose<Option>(options: readonly [Option, ...Option[]], seed: string): Option {
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  return options[number % options.length] ?? options[0];
}
