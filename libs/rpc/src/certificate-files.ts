import { X509Certificate } from 'node:crypto';
import { readCertificates, type CertificatePaths, type Certificates } from '@parlance/config';
import { gauge, type Logger } from '@parlance/telemetry';

const expiries = () => gauge('parlance_certificate_expiry_timestamp_seconds');

export interface CertificateFilesOptions {
  readonly checkEveryMs: number;
  /** Told when changed files cannot be used; those before stay in use. */
  readonly onFault?: (error: unknown) => void;
}

/** Certificates of a process, read anew when their files change: by polling, since volumes of Kubernetes swap links. Files that do not
 *  fit together (someone is writing them) are looked at again. */
export class CertificateFiles {
  private latest: Certificates;
  private readonly listeners = new Set<(certificates: Certificates) => void>();
  private readonly timer: NodeJS.Timeout;
  private toldFault = false;

  /** @throws CertificateFault */
  constructor(
    private readonly paths: CertificatePaths,
    private readonly options: CertificateFilesOptions,
  ) {
    this.latest = readCertificates(paths);
    noteExpiry(this.latest);
    this.timer = setInterval(() => this.check(), options.checkEveryMs).unref();
  }

  get current(): Certificates {
    return this.latest;
  }

  /** Calls the listener with every change from now on. */
  onChange(listener: (certificates: Certificates) => void): void {
    this.listeners.add(listener);
  }

  close(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  private check(): void {
    try {
      const found = readCertificates(this.paths);
      this.toldFault = false;
      if (isSame(found, this.latest)) return;
      this.latest = found;
      noteExpiry(found);
      for (const listener of this.listeners) listener(found);
    } catch (error) {
      if (!this.toldFault) this.options.onFault?.(error);
      this.toldFault = true;
    }
  }
}

function isSame(one: Certificates, other: Certificates): boolean {
  return (
    one.cert.equals(other.cert) &&
    one.key.equals(other.key) &&
    (one.ca === other.ca || (one.ca !== undefined && other.ca !== undefined && one.ca.equals(other.ca)))
  );
}

/** A renewed certificate has the subject of the one before it, and so its series. */
function noteExpiry({ cert }: Certificates): void {
  const { subject, validToDate } = new X509Certificate(cert);
  const [, commonName = ''] = /^CN=(.*)$/m.exec(subject ?? '') ?? [];
  expiries().set({ subject: commonName }, validToDate.getTime() / 1_000);
}

/** Certificates that a process watches to its end, and logs what is wrong with. @returns undefined where none are configured */
export function watchedCertificates(
  paths: CertificatePaths | undefined,
  checkEveryMs: number,
  logger: Logger,
): CertificateFiles | undefined {
  const onFault = (error: unknown): void =>
    logger.warn({ err: error }, 'changed certificates cannot be used, those before stay in use');
  return paths && new CertificateFiles(paths, { checkEveryMs, onFault });
}
