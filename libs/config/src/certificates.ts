import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { milliseconds } from './load-config.js';

/** PEM files of a TLS certificate chain and its key, and, where peers show certificates too, of the authority they must come from. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** Their contents. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** Which of the files cannot be used, and why; without their paths and contents. */
export class CertificateFault extends Error {
  constructor(
    readonly file: keyof CertificatePaths,
    message: string,
  ) {
    super(message);
    this.name = 'CertificateFault';
  }
}

/** Reads the files and checks that they are what they should be, and belong together. @throws CertificateFault */
export function readCertificates(paths: CertificatePaths): Certificates {
  const cert = readFile('cert', paths.cert);
  const key = readFile('key', paths.key);
  const certificate = parsed('cert', 'is no PEM certificate', () => new X509Certificate(cert));
  const privateKey = parsed('key', 'is no PEM private key, or has a passphrase', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw new CertificateFault('key', 'does not belong to the certificate');
  if (paths.ca === undefined) return { cert, key };
  const ca = readFile('ca', paths.ca);
  parsed('ca', 'is no PEM certificate', () => new X509Certificate(ca));
  return { cert, key, ca };
}

/** Certificates that a service shows the public. */
export const tlsEnv = {
  PARLANCE_TLS_CERT: z.string().optional(),
  PARLANCE_TLS_KEY: z.string().optional(),
};

/** Certificates by which the services of one platform know each other. */
export const mutualTlsEnv = {
  PARLANCE_MTLS_CA: z.string().optional(),
  PARLANCE_MTLS_CERT: z.string().optional(),
  PARLANCE_MTLS_KEY: z.string().optional(),
  /** How often files of certificates are looked at for a change. */
  PARLANCE_TLS_RELOAD_MS: milliseconds(5_000),
};

type Read<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;
type Context = z.core.$RefinementCtx;

/** Undefined where nothing is configured; adds an issue for each variable at fault. */
export function tlsFrom(env: Read<typeof tlsEnv>, context: Context): CertificatePaths | undefined {
  const variables = { cert: 'PARLANCE_TLS_CERT', key: 'PARLANCE_TLS_KEY' } as const;
  const { PARLANCE_TLS_CERT: cert, PARLANCE_TLS_KEY: key } = env;
  return checked({ cert, key }, variables, context);
}

/** As `tlsFrom`. */
export function mutualTlsFrom(
  env: Read<typeof mutualTlsEnv>,
  context: Context,
): CertificatePaths | undefined {
  const variables = { ca: 'PARLANCE_MTLS_CA', cert: 'PARLANCE_MTLS_CERT', key: 'PARLANCE_MTLS_KEY' } as const;
  const { PARLANCE_MTLS_CA: ca, PARLANCE_MTLS_CERT: cert, PARLANCE_MTLS_KEY: key } = env;
  return checked({ ca, cert, key }, variables, context);
}

function checked(
  given: { readonly [File in keyof CertificatePaths]?: string | undefined },
  variables: { readonly [File in keyof CertificatePaths]?: string },
  context: Context,
): CertificatePaths | undefined {
  const files = Object.keys(variables) as (keyof CertificatePaths)[];
  const missing = files.filter((file) => given[file] === undefined);
  if (missing.length === files.length) return undefined;
  const fault = (file: keyof CertificatePaths, message: string): void =>
    context.addIssue({ code: 'custom', path: [variables[file]!], message });
  const all = files.map((file) => variables[file]).join(', ');
  for (const file of missing) fault(file, `is needed as well: ${all} belong together`);
  if (missing.length > 0) return undefined;
  const paths = given as CertificatePaths;
  try {
    readCertificates(paths);
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error;
    fault(error.file, `the file ${error.message}`);
  }
  return paths;
}

function readFile(file: keyof CertificatePaths, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CertificateFault(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'fault'})`);
  }
}

function parsed<T>(file: keyof CertificatePaths, message: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new CertificateFault(file, message);
  }
}
