import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsRegistry } from '@parlance/telemetry';
import { localCertificates, type LocalCertificates } from '../../../tools/dev/src/local-authority.js';
import { CertificateFiles } from './certificate-files.js';

describe('certificates of a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-files-'));
  let paths: LocalCertificates;
  beforeAll(async () => {
    paths = await localCertificates(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('tell by a metric when they expire', async () => {
    const files = new CertificateFiles(paths, { checkEveryMs: 60_000 });
    files.close();
    const { validTo } = new X509Certificate(readFileSync(paths.cert));
    const text = await metricsRegistry.metrics();
    const [, seconds] =
      /^parlance_certificate_expiry_timestamp_seconds\{subject="[^"]*"\} (.*)$/m.exec(text) ?? [];
    expect(Number(seconds)).toBe(Date.parse(validTo) / 1_000);
  });
});
