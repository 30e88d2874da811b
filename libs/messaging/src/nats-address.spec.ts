import { describe, expect, it } from '@jest/globals';
import { natsAddress } from './nats-connection.js';

describe('the address of the message bus', () => {
  it.each([
    ['nats://127.0.0.1:4222', ['nats://127.0.0.1:4222'], null],
    ['10.0.0.1:4222', ['10.0.0.1:4222'], null],
    ['nats://ada:s3cret@bus:4222', ['nats://bus:4222'], { user: 'ada', pass: 's3cret' }],
    ['tls://ada:a%3Ab%40c@bus', ['tls://bus'], { user: 'ada', pass: 'a:b@c' }],
    ['ada:s3cret@bus:4222', ['bus:4222'], { user: 'ada', pass: 's3cret' }],
    ['nats://t0ken@bus:4222', ['nats://bus:4222'], { token: 't0ken' }],
    [
      'nats://ada:x@one:4222, nats://two:4222',
      ['nats://one:4222', 'nats://two:4222'],
      { user: 'ada', pass: 'x' },
    ],
  ])('%s is read with its credentials, which no server is asked by', (url, servers, credentials) => {
    expect(natsAddress(url)).toEqual({ servers, credentials });
  });
});
