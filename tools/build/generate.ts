/** `npm run generate`: the types of the protos, for libs/contracts. proto-loader's generator writes extensionless imports, and native
 *  ESM wants the file's name. Files that stay the same are not touched. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { withBuildLock } from './build-lock.ts';
import { filesBelow, installFiles } from './installed-files.ts';

const PROTOS = [
  'parlance/voice/v1/speech.proto',
  'parlance/voice/v1/conversation.proto',
  'parlance/tts/v1/synthesis.proto',
  'parlance/signs/v1/signs.proto',
  'inference/grpc_predict_v2.proto',
  'grpc/health/v1/health.proto',
];
const OPTIONS = [
  ...['--longs=Number', '--enums=String', '--bytes=Buffer', '--defaults', '--oneofs', '--includeComments'],
  '--grpcLib=@grpc/grpc-js',
];

const root = join(import.meta.dirname, '../..');
const generator = join(root, 'node_modules/.bin/proto-loader-gen-types');

async function generate(): Promise<void> {
  const made = mkdtempSync(join(tmpdir(), 'parlance-protos-'));
  try {
    const args = [...OPTIONS, `--outDir=${made}`, '-I', 'proto', '--', ...PROTOS];
    await promisify(execFile)(generator, args, { cwd: root });
    const contents = filesBelow(made).map((file): [string, string] => [
      relative(made, file),
      readFileSync(file, 'utf8').replace(/from '(\.{1,2}\/[^']+?)(?:\.js)?';/g, "from '$1.js';"),
    ]);
    installFiles(join(root, 'libs/contracts/src/generated'), new Map(contents), (path) =>
      path.endsWith('.ts'),
    );
  } finally {
    rmSync(made, { recursive: true });
  }
}

await withBuildLock(root, generate);
