import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { localCertificates, type LocalCertificates } from '../../../tools/dev/src/local-authority.js';
import { mutualTlsEnv, mutualTlsFrom, tlsEnv, tlsFrom } from './certificates.js';
import { ConfigurationError, loadConfig } from './load-config.js';

const schema = z
  .object({ ...tlsEnv, ...mutualTlsEnv })
  .transform((env, context) => ({ tls: tlsFrom(env, context), mutualTls: mutualTlsFrom(env, context) }));

describe('certificates in the environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const broken = join(folder, 'broken.pem');
  let one: LocalCertificates;
  let other: LocalCertificates;
  beforeAll(async () => {
    [one, other] = await Promise.all(
      ['one', 'other'].map((name) => localCertificates(join(folder, name))) as [
        Promise<LocalCertificates>,
        Promise<LocalCertificates>,
      ],
    );
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nsecret-thing\n-----END CERTIFICATE-----\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function faultsOf(environment: NodeJS.ProcessEnv): readonly string[] {
    try {
      loadConfig(schema, environment);
      return [];
    } catch (error) {
      return (error as ConfigurationError).faults;
    }
  }

  it('are none, or files that belong together', () => {
    expect(loadConfig(schema, {})).toEqual({ tls: undefined, mutualTls: undefined });
    const { ca, cert, key } = one;
    const environment = {
      PARLANCE_TLS_CERT: cert,
      PARLANCE_TLS_KEY: key,
      PARLANCE_MTLS_CA: ca,
      PARLANCE_MTLS_CERT: cert,
      PARLANCE_MTLS_KEY: key,
    };
    expect(loadConfig(schema, environment)).toEqual({ tls: { cert, key }, mutualTls: { ca, cert, key } });
  });

  it('are told by their variable where one is missing', () => {
    expect(faultsOf({ PARLANCE_TLS_CERT: one.cert, PARLANCE_MTLS_CA: one.ca })).toEqual([
      'PARLANCE_TLS_KEY: is needed as well: PARLANCE_TLS_CERT, PARLANCE_TLS_KEY belong together',
      expect.stringMatching(/^PARLANCE_MTLS_CERT: is needed as well/),
      expect.stringMatching(/^PARLANCE_MTLS_KEY: is needed as well/),
    ]);
  });

  it('are told by their variable where a file is not there, is no certificate, no key, or of another certificate', () => {
    const faults = (cert: string, key: string) =>
      faultsOf({ PARLANCE_TLS_CERT: cert, PARLANCE_TLS_KEY: key });
    expect(faults('/no/such/file', one.key)).toEqual(['PARLANCE_TLS_CERT: the file cannot be read (ENOENT)']);
    expect(faults(broken, one.key)).toEqual(['PARLANCE_TLS_CERT: the file is no PEM certificate']);
    expect(faults(one.cert, one.cert)).toEqual([
      'PARLANCE_TLS_KEY: the file is no PEM private key, or has a passphrase',
    ]);
    expect(faults(one.cert, other.key)).toEqual([
      'PARLANCE_TLS_KEY: the file does not belong to the certificate',
    ]);
    const { cert, key } = one;
    expect(faultsOf({ PARLANCE_MTLS_CA: broken, PARLANCE_MTLS_CERT: cert, PARLANCE_MTLS_KEY: key })).toEqual([
      'PARLANCE_MTLS_CA: the file is no PEM certificate',
    ]);
  });
});
