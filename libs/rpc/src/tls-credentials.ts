import { credentials, ServerCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import type { Certificates } from '@parlance/config';
import type { CertificateFiles } from './certificate-files.js';

/** What every TLS server of the platform insists on. */
export const LEAST_TLS = 'TLSv1.2';

/** Credentials of a gRPC server, which takes changed certificates for new connections and leaves those that are open alone. Where the files
 *  name an authority, clients must show a certificate of it. */
class WatchedServerCredentials extends ServerCredentials {
  constructor(files: CertificateFiles) {
    const asksClients = files.current.ca !== undefined;
    super(
      { minVersion: LEAST_TLS, requestCert: asksClients, rejectUnauthorized: asksClients },
      contextOf(files.current),
    );
    files.onChange((certificates) => this.updateSecureContextOptions(contextOf(certificates)));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

export function serverCredentials(files: CertificateFiles | undefined): ServerCredentials {
  return files ? new WatchedServerCredentials(files) : ServerCredentials.createInsecure();
}

/** Credentials of a gRPC client as its certificates are now. */
export function clientCredentials(files: CertificateFiles | undefined): ChannelCredentials {
  if (!files) return credentials.createInsecure();
  const { ca, key, cert } = files.current;
  return credentials.createSsl(ca ?? null, key, cert);
}

function contextOf({ cert, key, ca }: Certificates) {
  return { cert, key, minVersion: LEAST_TLS, ...(ca ? { ca } : {}) } as const;
}
