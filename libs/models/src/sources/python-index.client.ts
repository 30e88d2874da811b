import { z } from 'zod';
import { parseJson, splitCredentials, type HttpClient } from '../http.client.js';
import { SourceFault } from '../source-fault.js';

const INDEX_TYPES =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';
const pageSchema = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/** Where a wheel lies, and what it needs to be read. */
export interface WheelAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface IndexFile {
  readonly filename: string;
  readonly url: string;
}

/** Finds wheels in simple indexes (PEP 691, and PEP 503 where an index answers in HTML only). */
export class PythonIndexClient {
  private readonly found = new Map<string, Promise<WheelAddress>>();

  constructor(
    private readonly http: HttpClient,
    private readonly indexes: readonly string[],
  ) {}

  /** Asks the indexes in order; the answer is kept.
   *  @throws SourceFault when no index has a wheel of this version */
  async wheel(name: string, version: string, signal: AbortSignal): Promise<WheelAddress> {
    const key = `${name} ${version}`;
    const known = this.found.get(key) ?? this.search(name, version, signal);
    this.found.set(key, known);
    return known;
  }

  private async search(name: string, version: string, signal: AbortSignal): Promise<WheelAddress> {
    let fault: SourceFault | undefined;
    for (const index of this.indexes) {
      try {
        return await this.searchIn(index, name, version, signal);
      } catch (error) {
        if (!(error instanceof SourceFault)) throw error;
        // What was not reachable says more than what was not there.
        if (fault === undefined || fault.kind === 'missing') fault = error;
      }
    }
    throw fault ?? new SourceFault('missing', 'has no index configured');
  }

  private async searchIn(
    index: string,
    name: string,
    version: string,
    signal: AbortSignal,
  ): Promise<WheelAddress> {
    const { address, headers } = splitCredentials(index);
    const page = await this.http.text(`${address}${normalised(name)}/`, {
      headers: { ...headers, accept: INDEX_TYPES },
      signal,
    });
    const files = page.contentType.includes('json') ? readJson(page.text) : readHtml(page.text);
    const wheel = files.find(({ filename }) => isWheelOf(filename, name, version));
    if (!wheel) throw new SourceFault('missing', `has no wheel of ${name} ${version}`);
    const url = new URL(wheel.url, page.url);
    if (!/^https?:$/.test(url.protocol)) throw new SourceFault('wrong', 'names a file at no web address');
    // The index' credentials are for its own host only.
    return { url: url.href, headers: url.origin === new URL(address).origin ? headers : {} };
  }
}

function readJson(text: string): IndexFile[] {
  const page = pageSchema.safeParse(parseJson(text));
  if (!page.success) throw new SourceFault('wrong', 'answered with something that is no package index');
  return page.data.files;
}

function readHtml(text: string): IndexFile[] {
  const links = [...text.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>([^<]+)<\/a>/gi)];
  const files = links.map(([, url = '', filename = '']) => ({
    filename: filename.trim(),
    url: url.replaceAll('&amp;', '&'),
  }));
  if (!files.some(({ filename }) => /\.(whl|tar\.gz|zip)$/.test(filename)))
    throw new SourceFault('wrong', 'answered with a web page that is no package index');
  return files;
}

function isWheelOf(filename: string, name: string, version: string): boolean {
  if (!filename.endsWith('.whl')) return false;
  const [project = '', release] = filename.split('-');
  return normalised(project) === normalised(name) && release === version;
}

/** A project's name as PEP 503 compares it. */
function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
