import { BlockList, isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isPublic } from '../oidc/public-fetch.js';
import type { RecordingHosts } from './remote-recordings.config.js';

/** Whether a recording may be fetched from an address, as far as it tells by itself. */
export function isListed({ hosts }: RecordingHosts, address: URL): boolean {
  const { protocol, hostname, port, username, password } = address;
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  if (username !== '' || password !== '') return false;
  const asked = bare(hostname);
  return hosts.some(
    ({ host, isWildcard, port: wanted }) =>
      // An address has no subdomains, and no look-up that would refuse a private one.
      (isWildcard ? isIP(asked) === 0 && asked.endsWith(`.${host}`) : asked === host) &&
      (port === wanted || (port === '' && wanted === usualPort(protocol))),
  );
}

/** Whether a connection may be made to an IP address: a public one, or one that is listed itself or by its network. */
export function mayConnect({ hosts, networks }: RecordingHosts, address: string): boolean {
  if (isPublic(address)) return true;
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address that is written as one of IPv6 is what it is.
  const asked = ipaddr.process(address).toString();
  return (
    hosts.some(({ host }) => ipaddr.isValid(host) && ipaddr.process(host).toString() === asked) ||
    networks.some((network) => isWithin(asked, network))
  );
}

function isWithin(address: string, network: string): boolean {
  const [base = '', bits] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(bits), familyOf(base));
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function usualPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

/** A host name without the brackets and the last dot that it may have. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
