import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isListed, mayConnect } from './recording-address.js';
import { remoteRecordingsEnv, remoteRecordingsFrom } from './remote-recordings.config.js';

const schema = z.object(remoteRecordingsEnv);
const read = (hosts?: string) =>
  remoteRecordingsFrom(schema.parse(hosts === undefined ? {} : { PARLANCE_RECORDING_HOSTS: hosts }));
const LISTED = read('media.example,*.cdn.example,store.example:9000,127.0.0.1:8081,10.1.0.0/16');

describe('the hosts that recordings are fetched from', () => {
  it('are none by default', () => {
    expect(read()).toEqual({ hosts: [], networks: [], limitMs: 10_000 });
    expect(isListed(read(), new URL('https://media.example/a.wav'))).toBe(false);
  });

  it.each([
    ['https://media.example/a.wav', true],
    ['http://MEDIA.example:80/a.wav', true],
    ['https://media.example./a.wav', true],
    ['https://media.example:8443/a.wav', false],
    ['https://media.example.evil.example/a.wav', false],
    ['https://other.example/a.wav', false],
    ['https://a.b.cdn.example/a.wav', true],
    ['https://cdn.example/a.wav', false],
    ['https://evilcdn.example/a.wav', false],
    ['http://store.example:9000/a.wav', true],
    ['http://store.example/a.wav', false],
    ['http://127.0.0.1:8081/a.wav', true],
    ['http://2130706433:8081/a.wav', true],
    ['http://127.0.0.2:8081/a.wav', false],
    ['http://10.1.2.3/a.wav', false],
    ['https://user:password@media.example/a.wav', false],
    ['ftp://media.example/a.wav', false],
    ['file:///etc/passwd', false],
  ])('%s is fetched: %s', (address, expected) => {
    expect(isListed(LISTED, new URL(address))).toBe(expected);
  });

  it('have subdomains, of which no address is one', () => {
    expect(isListed(read('*.0.0.1'), new URL('http://127.0.0.1/a.wav'))).toBe(false);
  });

  it.each([
    ['8.8.8.8', true],
    ['2606:4700::1111', true],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['10.2.0.1', false],
    ['169.254.169.254', false],
    ['::1', false],
    ['fd00::1', false],
    ['x', false],
  ])('lead to %s: %s', (address, expected) => {
    expect(mayConnect(LISTED, address)).toBe(expected);
  });

  it.each(['*', 'http://media.example', 'media.example/path', '10.0.0.0/99', '-x'])(
    'are refused as %s, by the number of the entry',
    (entry) => {
      const { error } = schema.safeParse({ PARLANCE_RECORDING_HOSTS: `a.example,${entry}` });
      expect(error?.issues[0]?.message).toContain('entry 2');
    },
  );
});
