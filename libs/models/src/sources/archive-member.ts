import { createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asSpaceFault } from '../disk-space.js';
import { isFinal, SourceFault } from '../source-fault.js';

/** Writes streams one after the other into a file, and never more than its size: an archive may claim anything.
 *  @throws SourceFault when a stream is damaged or too long; AppError model.no_space */
export async function joinInto(
  path: string,
  bytes: number,
  members: readonly (() => Promise<Readable>)[],
): Promise<void> {
  let written = 0;
  for (const [i, member] of members.entries()) {
    const limit = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        written += chunk.length;
        if (written > bytes) done(new SourceFault('wrong', `has a file of more than ${bytes} bytes`));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(await member(), limit, createWriteStream(path, { flags: i === 0 ? 'w' : 'a' }));
    } catch (error) {
      throw asArchiveFault(error);
    }
  }
}

/** Anything thrown while an archive was read. */
export function asArchiveFault(error: unknown): unknown {
  const known = asSpaceFault(error);
  if (isFinal(known) || known instanceof SourceFault) return known;
  const outside = /(invalid relative path|absolute path|invalid characters in fileName): (.*)/.exec(
    String((error as Error).message),
  );
  return outside
    ? new SourceFault('wrong', `has an archive with a member outside of it ('${outside[2]}')`, error)
    : new SourceFault('wrong', 'has a damaged archive', error);
}
