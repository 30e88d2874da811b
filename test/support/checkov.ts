import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = join(process.cwd(), '.cache/checkov/bin/checkov');
const OUTPUT_LIMIT = 64 * 1024 ** 2;

export interface CheckovFinding {
  readonly check_id: string;
  readonly check_name: string;
  /** Kind, namespace and name. */
  readonly resource: string;
  /** Within the folder that was looked through. */
  readonly file_path: string;
}

export interface CheckovReport {
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
  readonly results: { readonly failed_checks: readonly CheckovFinding[] };
}

/** What Checkov says of a folder of manifests, with the exceptions of .checkov.yaml. */
export function checkManifests(folder: string): Promise<CheckovReport> {
  if (!existsSync(PROGRAM))
    throw new Error('Checkov is missing: run `bash tools/kube/setup.sh` first (`make test-k8s` does)');
  const args = [
    '--config-file',
    join(process.cwd(), '.checkov.yaml'),
    '--output',
    'json',
    '--directory',
    folder,
  ];
  return new Promise((resolve, reject) => {
    execFile(PROGRAM, args, { maxBuffer: OUTPUT_LIMIT }, (error, output, errors) => {
      if (error) reject(new Error(`checkov: ${errors || error.message}`));
      else resolve(JSON.parse(output) as CheckovReport);
    });
  });
}
