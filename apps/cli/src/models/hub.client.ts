import { z } from 'zod';
import { AppError } from '#libs/errors';
import { outsideCall } from '#libs/resilience';

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().nonnegative(),
    oid: z.string(),
    lfs: z.object({ oid: z.string(), size: z.number().nonnegative() }).optional(),
  }),
);

/** A file of a model repository and how to tell that it came whole. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  readonly digest: FileDigest;
}

/** Large files go by their sha256, small ones by git's blob hash (sha1 over `blob SIZE\0` and the content). */
export interface FileDigest {
  readonly kind: 'sha256' | 'git-blob';
  readonly hex: string;
}

/** Reads model repositories in Hugging Face's layout: `/api/models/REPO/tree/main` and `/REPO/resolve/main/FILE`. */
export class HubClient {
  private readonly call = outsideCall({ name: 'The model source', timeoutMs: 20_000, attempts: 4 });

  constructor(private readonly baseUrl: string) {}

  async files(repository: string): Promise<HubFile[]> {
    const url = `${this.baseUrl}/api/models/${repository}/tree/main?recursive=true`;
    const tree = await this.call.execute(async ({ signal }) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw await refusal(response, repository);
      return treeSchema.parse(await response.json());
    });
    return tree
      .filter(({ type }) => type === 'file')
      .map(({ path, size, oid, lfs }) => ({
        path,
        bytes: lfs?.size ?? size,
        digest: lfs ? { kind: 'sha256', hex: lfs.oid } : { kind: 'git-blob', hex: oid },
      }));
  }

  /** Opens a file from a byte on. A source that cannot resume answers from the start: `offset` says which it was. */
  async open(
    repository: string,
    path: string,
    offset: number,
  ): Promise<{ offset: number; body: ReadableStream<Uint8Array> }> {
    const url = `${this.baseUrl}/${repository}/resolve/main/${path.split('/').map(encodeURIComponent).join('/')}`;
    return this.call.execute(async () => {
      // The attempt's deadline covers the answer's head only; the body's own is the reader's.
      const response = await fetch(url, { headers: offset > 0 ? { range: `bytes=${offset}-` } : {} });
      if (!response.ok || !response.body) throw await refusal(response, repository);
      return {
        offset: response.status === 206 ? offset : 0,
        body: response.body as ReadableStream<Uint8Array>,
      };
    });
  }
}

async function refusal(response: Response, repository: string): Promise<AppError> {
  await response.body?.cancel();
  if (response.status === 404)
    return new AppError(
      'model.not_found',
      `The model source has no '${repository}' (or not this file of it).`,
    );
  if (response.status === 401 || response.status === 403)
    return new AppError('auth.invalid_token', `The model source does not give out '${repository}'.`);
  return new AppError('upstream.unavailable', `The model source answered with status ${response.status}.`);
}
