import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSigned, readBody } from './aws-signature.js';

interface Kept {
  readonly body: Buffer;
  readonly contentType: string;
}

/** A bucket speaking the part of the S3 protocol a client of ours uses, refusing what is not signed and failing on command.
 *  Everything else is tested against a real server: real-s3.ts. */
export class S3Server {
  static readonly bucket = 'parlance';
  static readonly accessKeyId = 'AKIDTEST';
  static readonly secretAccessKey = 'a-secret-of-the-test';
  readonly objects = new Map<string, Kept>();
  /** Answers this many requests with a 503 before it works. */
  failures = 0;
  requests = 0;
  private readonly uploads = new Map<string, { contentType: string; parts: Map<number, Buffer> }>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<S3Server> {
    const server = createServer();
    const store = new S3Server(server);
    server.on('request', (request, response) => void store.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', this.endpoint);
    if (!isSigned(request, body, S3Server.secretAccessKey))
      return fail(response, 403, 'SignatureDoesNotMatch');
    if (this.failures > 0) {
      this.failures -= 1;
      return fail(response, 503, 'SlowDown');
    }
    const [, bucket, ...path] = url.pathname.split('/');
    const key = decodeURIComponent(path.join('/'));
    if (bucket !== S3Server.bucket) return fail(response, 404, 'NoSuchBucket');
    if (key === '') return void response.writeHead(200).end();
    switch (request.method) {
      case 'PUT':
        return this.put(key, body, request, url, response);
      case 'POST':
        return this.multipart(key, request, url, response);
      case 'GET':
      case 'HEAD':
        return this.get(key, request, response);
      case 'DELETE':
        this.objects.delete(key);
        return void response.writeHead(204).end();
      default:
        return fail(response, 405, 'MethodNotAllowed');
    }
  }

  private put(key: string, body: Buffer, request: IncomingMessage, url: URL, response: ServerResponse): void {
    const upload = this.uploads.get(url.searchParams.get('uploadId') ?? '');
    if (upload) upload.parts.set(Number(url.searchParams.get('partNumber')), body);
    else this.objects.set(key, { body, contentType: request.headers['content-type'] ?? '' });
    response.writeHead(200, { etag: `"${body.length}"` }).end();
  }

  private multipart(key: string, request: IncomingMessage, url: URL, response: ServerResponse): void {
    const id = url.searchParams.get('uploadId');
    if (id === null) {
      const upload = `upload-${this.uploads.size + 1}`;
      this.uploads.set(upload, { contentType: request.headers['content-type'] ?? '', parts: new Map() });
      const answer = `<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${upload}</UploadId></InitiateMultipartUploadResult>`;
      return void response.writeHead(200, { 'content-type': 'application/xml' }).end(answer);
    }
    const { contentType, parts } = this.uploads.get(id)!;
    const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    this.objects.set(key, { body: Buffer.concat(ordered), contentType });
    const answer = `<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>`;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(answer);
  }

  private get(key: string, request: IncomingMessage, response: ServerResponse): void {
    const kept = this.objects.get(key);
    if (!kept) return fail(response, 404, 'NoSuchKey');
    const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const body = kept.body.subarray(Number(start ?? 0));
    const range = start && { 'content-range': `bytes ${start}-${kept.body.length - 1}/${kept.body.length}` };
    response.writeHead(start ? 206 : 200, {
      'content-type': kept.contentType,
      'content-length': body.length,
      ...(range || {}),
    });
    response.end(request.method === 'GET' ? body : undefined);
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
