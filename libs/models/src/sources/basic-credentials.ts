/** Takes user and password out of an address, because fetch refuses addresses that have them.
 *  @returns the address without them, and the header that carries them */
export function splitCredentials(address: string): {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { address, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { address: url.href, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
