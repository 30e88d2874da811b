/** Where the bus is, and by what it knows us. */
export interface NatsAddress {
  /** Without credentials. */
  readonly servers: string[];
  /** Of the first address that has them; they hold for all. */
  readonly credentials: { readonly user: string; readonly pass: string } | { readonly token: string } | null;
}

const CREDENTIALS = /^((?:[a-z]+:)?\/\/|)([^@/]+)@/i;

/** Takes the credentials out of addresses such as `nats://user:password@host:4222` or `nats://token@host`, of which nats.js does not
 *  take any notice. @param natsUrl  addresses of one cluster, comma separated; credentials percent-encoded */
export function natsAddress(natsUrl: string): NatsAddress {
  const addresses = natsUrl.split(',').map((address) => address.trim());
  const given = addresses.map((address) => CREDENTIALS.exec(address)?.[2]).find(Boolean);
  return {
    servers: addresses.map((address) => address.replace(CREDENTIALS, '$1')),
    credentials: given === undefined ? null : credentialsOf(given),
  };
}

function credentialsOf(given: string): NonNullable<NatsAddress['credentials']> {
  const colon = given.indexOf(':');
  if (colon < 0) return { token: decodeURIComponent(given) };
  return {
    user: decodeURIComponent(given.slice(0, colon)),
    pass: decodeURIComponent(given.slice(colon + 1)),
  };
}
