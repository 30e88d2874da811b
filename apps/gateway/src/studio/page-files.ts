import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
/** Names of files in it have a hash of their contents. */
const HASHED_FOLDER = '/assets/';
/** Of brotli, of 11: the next ones take much longer and save little. */
const BROTLI_QUALITY = 9;

export type PageEncoding = 'br' | 'gzip' | 'identity';

/** A file of the page. Each encoding is made when it is first asked for, and kept: there are few files, and they are small. */
export class PageFile {
  readonly type: string;
  /** Of its contents; the same in every replica. */
  readonly etag: string;
  private readonly encoded = new Map<PageEncoding, Promise<Buffer>>();

  constructor(
    readonly path: string,
    private readonly content: Buffer,
  ) {
    this.type = TYPES[extname(path)] ?? 'application/octet-stream';
    this.etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  }

  /** Whether another content would have another name, so that a browser may keep it for good. */
  get isHashed(): boolean {
    return this.path.startsWith(HASHED_FOLDER);
  }

  body(encoding: PageEncoding): Promise<Buffer> {
    const known = this.encoded.get(encoding) ?? encodedAs(encoding, this.content);
    this.encoded.set(encoding, known);
    return known;
  }
}

/** Reads a folder of files that a page consists of. @returns them by their paths, `/index.html`; empty where there is no folder */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && Object.hasOwn(TYPES, extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => {
      const path = `/${relative(folder, file).split(sep).join('/')}`;
      return [path, new PageFile(path, readFileSync(file))];
    }),
  );
}

function encodedAs(encoding: PageEncoding, content: Buffer): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION });
  if (encoding === 'identity') return Promise.resolve(content);
  return promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
}
