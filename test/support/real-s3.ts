import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '@parlance/messaging';
import { endProcess } from './end-process.js';
import { freePort } from './free-port.js';
import { untilListening } from './nats.js';

const BINARY = join(process.cwd(), '.cache/bin/versitygw');
const [ACCESS_KEY, SECRET] = ['AKIDTEST', 'a-secret-of-the-test'];

/** A real S3-compatible server (Versity S3 Gateway over a folder of its own) with one bucket. */
export class RealS3Server {
  private constructor(
    readonly options: S3Options & Required<Pick<S3Options, 'accessKeyId' | 'secretAccessKey'>>,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<RealS3Server> {
    if (!existsSync(BINARY)) throw new Error('versitygw is missing: run `make setup` first');
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'parlance-s3-'))];
    // What describes an object lies beside the objects: not every file system has extended attributes.
    for (const name of ['objects', 'metadata']) await mkdir(join(folder, name));
    const account = ['--access', ACCESS_KEY, '--secret', SECRET, '--region', 'eu-west-1'];
    const backend = ['posix', '--sidecar', join(folder, 'metadata'), join(folder, 'objects')];
    const args = ['--port', `127.0.0.1:${port}`, ...account, '--quiet', ...backend];
    const child = spawn(BINARY, args, { stdio: 'ignore' });
    await untilListening(port);
    const options = {
      ...{ bucket: 'parlance', region: 'eu-west-1', endpoint: `http://127.0.0.1:${port}` },
      ...{ accessKeyId: ACCESS_KEY, secretAccessKey: SECRET },
    };
    const { bucket, accessKeyId, secretAccessKey, region, endpoint } = options;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    return new RealS3Server(options, child, folder);
  }

  async stop(): Promise<void> {
    await endProcess(this.child, 'SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}
