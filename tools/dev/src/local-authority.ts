import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** PEM files of an authority for this machine alone, and of a certificate that it has signed. */
export interface LocalCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
const AUTHORITY_DAYS = 3_650;
/** Browsers take no more. */
const CERTIFICATE_DAYS = 397;
const RENEWED_BEFORE_MS = 14 * 86_400_000;
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function certificatePaths(folder: string): LocalCertificates {
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
}

/** The files in a folder: those that are there, else new ones. A certificate that is about to end is signed anew by the same authority, which
 *  clients have learnt to trust. Needs the program openssl.
 *  @throws Error saying how to get it */
export async function localCertificates(folder: string): Promise<LocalCertificates> {
  const files = certificatePaths(folder);
  const caKey = join(folder, 'ca.key');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isFresh(files.ca) || !existsSync(caKey)) {
    const subject = ['-subj', '/CN=Parlance local authority', '-days', String(AUTHORITY_DAYS)];
    await openssl('req', '-x509', ...KEY, '-keyout', caKey, '-out', files.ca, ...subject);
    rmSync(files.cert, { force: true });
  }
  if (!isFresh(files.cert) || !existsSync(files.key)) await sign(folder, files, caKey);
  return files;
}

async function sign(folder: string, files: LocalCertificates, caKey: string): Promise<void> {
  const request = join(folder, 'server.csr');
  const extensions = join(folder, 'server.ext');
  writeFileSync(extensions, `${NAMES}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`);
  await openssl('req', ...KEY, '-keyout', files.key, '-out', request, '-subj', '/CN=localhost');
  const authority = ['-CA', files.ca, '-CAkey', caKey, '-CAcreateserial', '-days', String(CERTIFICATE_DAYS)];
  await openssl('x509', '-req', '-in', request, ...authority, '-extfile', extensions, '-out', files.cert);
  for (const file of [request, extensions]) rmSync(file);
}

function isFresh(certificate: string): boolean {
  if (!existsSync(certificate)) return false;
  return Date.parse(new X509Certificate(readFileSync(certificate)).validTo) - RENEWED_BEFORE_MS > Date.now();
}

async function openssl(...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('openssl', args);
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      isAbsent
        ? 'openssl is not on this machine; install it with: apt-get install openssl'
        : `openssl did not make a certificate: ${(cause as { stderr?: string }).stderr ?? ''}`,
      { cause },
    );
  }
}
