import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { SOCKET_GATEWAYS } from '../websocket/socket-apis.gateway.js';
import { asyncApiDocument } from './asyncapi-document.js';
import { SOCKET_PROTOCOLS } from './sockets.asyncapi.js';

const document = asyncApiDocument();

/** What a reference of the document leads to. */
function resolve(ref: string): unknown {
  const steps = ref.replace('#/', '').split('/');
  return steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], document);
}

describe('the AsyncAPI document', () => {
  it('has a channel for every WebSocket API, by its path', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    expect(addresses).toEqual(expect.arrayContaining([...SOCKET_GATEWAYS.keys()]));
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '');
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) expect(resolve(ref)).toBeDefined();
  });

  it.each(SOCKET_PROTOCOLS.map(({ name }) => name))(
    'names every message of %s once, by who sends it',
    (name) => {
      const protocol = SOCKET_PROTOCOLS.find((one) => one.name === name)!;
      const expected = [
        ...Object.keys(protocol.fromClient).map((message) => `client.${message}`),
        ...Object.keys(protocol.toClient).map((message) => `server.${message}`),
      ];
      expect(Object.keys(document.channels[name]!.messages)).toEqual(expected);
    },
  );

  it('says of a message what its schema says', () => {
    const { payload } = document.channels.learn!.messages['client.start_session']!;
    expect(payload).toMatchObject({
      type: 'object',
      additionalProperties: false,
      properties: {
        type: { const: 'start_session' },
        teaching_mode: { type: 'string', default: 'conversation' },
      },
    });
    expect((payload as { required: string[] }).required).toEqual(['type', 'user_external_id']);
  });

  it('has schemas that a validator of JSON Schema reads', () => {
    for (const channel of Object.values(document.channels))
      for (const { payload } of Object.values(channel.messages))
        expect(() => z.fromJSONSchema(payload as Parameters<typeof z.fromJSONSchema>[0])).not.toThrow();
  });
});
