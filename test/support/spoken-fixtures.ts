import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FOLDER = 'test/fixtures/speech';

const manifestSchema = z.object({
  recordings: z.array(
    z.object({
      file: z.string(),
      /** ISO 639-1. */
      language: z.string(),
      seconds: z.number(),
      voice: z.string(),
      text: z.string(),
    }),
  ),
});

/** A recording of test/fixtures/speech. */
export type SpokenFixture = z.infer<typeof manifestSchema>['recordings'][number];

/** Synthetic sentences, the languages in turn: no language twice in a row. Paths are whole. */
export async function alternatingLanguages(root = process.cwd()): Promise<SpokenFixture[]> {
  const text = await readFile(join(root, FOLDER, 'manifest.json'), 'utf8');
  const recordings = manifestSchema
    .parse(JSON.parse(text))
    .recordings.filter(({ file }) => /^[a-z]{2}-\d+\./.test(file))
    .map((recording) => ({ ...recording, file: join(root, FOLDER, recording.file) }));
  const byLanguage = Map.groupBy(recordings, ({ language }) => language);
  const longest = Math.max(0, ...[...byLanguage.values()].map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) =>
    [...byLanguage.values()].flatMap((spoken) => spoken[i] ?? []),
  ).flat();
}
