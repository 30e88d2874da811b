import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What `parlance bench streams --json` prints, as far as it is read here. */
const capacityReport = z.object({ held: z.number().int().min(1, 'the machine held not one stream') });

/** Streams per pod, from a file with what `parlance bench streams --json` printed in such a pod. */
export function readCapacity(path: string): number {
  const { data, error } = capacityReport.safeParse(parseJson(path));
  if (error)
    throw new Error(`${path} is no report of \`parlance bench streams --json\`: ${z.prettifyError(error)}`);
  return data.held;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
