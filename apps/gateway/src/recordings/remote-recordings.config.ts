import { z } from 'zod';
import { integer, list } from '@parlance/config';

/** A host that recordings may be fetched from. */
export interface RecordingHost {
  /** In small letters; an address as URLs have it, without brackets. */
  readonly host: string;
  /** Whether its subdomains are meant, and not the host itself. */
  readonly isWildcard: boolean;
  /** Empty: that of the scheme. */
  readonly port: string;
}

/** What recordings are fetched from. */
export interface RecordingHosts {
  readonly hosts: readonly RecordingHost[];
  /** Private networks that names may lead to. */
  readonly networks: readonly string[];
}

const network = z.union([z.cidrv4(), z.cidrv6()]);
const ENTRY = /^(\*\.)?(\[[\da-f:.]+\]|[a-z\d](?:[\w.-]*[a-z\d])?)(?::(\d{1,5}))?$/i;

/** `host`, `*.domain`, `host:port` or a network in CIDR notation, comma separated. */
const recordingHosts = list().transform((entries, context): RecordingHosts => {
  const hosts: RecordingHost[] = [];
  const networks = entries.filter((entry) => network.safeParse(entry).success);
  entries.forEach((entry, index) => {
    if (networks.includes(entry)) return;
    const [, wildcard, host = '', port = ''] = ENTRY.exec(entry) ?? [];
    const message = `entry ${index + 1} must read HOST, *.DOMAIN, HOST:PORT or ADDRESS/BITS`;
    if (host === '') context.addIssue({ code: 'custom', message });
    hosts.push({
      host: host.toLowerCase().replace(/^\[|\]$/g, ''),
      isWildcard: wildcard !== undefined,
      port,
    });
  });
  return { hosts, networks };
});

/** Environment of recordings that clients name by their address. */
export const remoteRecordingsEnv = {
  /** Hosts they are fetched from, and private networks these may lie in; none: no recording is fetched. */
  PARLANCE_RECORDING_HOSTS: recordingHosts,
  /** For a host to answer, and for the next bytes to come. */
  PARLANCE_RECORDING_FETCH_LIMIT_MS: integer(10_000, { min: 100, max: 600_000 }),
};

export const remoteRecordingsFrom = (env: z.output<z.ZodObject<typeof remoteRecordingsEnv>>) => ({
  ...env.PARLANCE_RECORDING_HOSTS,
  limitMs: env.PARLANCE_RECORDING_FETCH_LIMIT_MS,
});
