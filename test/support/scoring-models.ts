import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Models of scores of fixed seed, made by `bash training/scores/run.sh goldens`: what they say means nothing. */
export const SYNTHETIC_SCORES = 'test/golden/scores';

/** The synthetic models as files that can be loaded. */
export class ScoringModelFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<ScoringModelFolder> {
    const folder = new ScoringModelFolder(await mkdtemp(join(tmpdir(), 'scores-')));
    for (const file of await readdir(SYNTHETIC_SCORES)) {
      const content = await readFile(join(SYNTHETIC_SCORES, file));
      const isPacked = file.endsWith('.gz');
      await writeFile(join(folder.path, file.replace(/\.gz$/, '')), isPacked ? gunzipSync(content) : content);
    }
    return folder;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}
