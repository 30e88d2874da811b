import { readSettings } from '@parlance/cli/machine/settings';
import { localCertificates } from './local-authority.js';
import { certificateFolder } from './platform-processes.js';

/** Before `make up TLS=1`: makes the local authority and prints where its certificate lies, which processes trust only from their start on. */
try {
  const { ca } = await localCertificates(certificateFolder(readSettings()));
  process.stdout.write(`${ca}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
