import { z } from 'zod';
import type { SocketMessage, SocketMessages, SocketProtocol } from './socket-protocol.js';
import { SOCKET_PROTOCOLS } from './sockets.asyncapi.js';

type Side = 'client' | 'server';

/** The document of the sockets' protocols, AsyncAPI 3.0, made from the schemas that check their messages. A message is named by who
 *  sends it: `client.audio`, `server.audio`. */
export function asyncApiDocument(protocols: readonly SocketProtocol[] = SOCKET_PROTOCOLS) {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parlance',
      version: '1',
      description: 'Understands, measures, answers and speaks: the APIs over WebSocket and Socket.IO.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(protocols.map((protocol) => [protocol.name, channelOf(protocol)])),
    operations: Object.fromEntries(
      protocols.flatMap(({ name, fromClient, toClient }) => [
        [`${name}.receive`, operationOf('receive', name, 'client', fromClient)],
        [`${name}.send`, operationOf('send', name, 'server', toClient)],
      ]),
    ),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, or the access token of a user.' },
      },
    },
  };
}

function channelOf({ address, title, description, query, fromClient, toClient }: SocketProtocol) {
  return {
    address,
    title,
    description,
    messages: { ...messagesOf('client', fromClient), ...messagesOf('server', toClient) },
    bindings: { ws: { method: 'GET', ...(query ? { query: jsonSchema(query, 'input') } : {}) } },
  };
}

function messagesOf(side: Side, messages: SocketMessages) {
  return Object.fromEntries(
    Object.entries(messages).map(([name, message]) => [
      `${side}.${name}`,
      messageOf(name, message, side === 'client' ? 'input' : 'output'),
    ]),
  );
}

function messageOf(name: string, { summary, schema, contentType }: SocketMessage, io: 'input' | 'output') {
  return {
    name,
    ...(summary ? { summary } : {}),
    ...(contentType ? { contentType } : {}),
    payload: schema ? jsonSchema(schema, io) : { type: 'string' },
  };
}

function operationOf(action: 'receive' | 'send', channel: string, side: Side, messages: SocketMessages) {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    security: [{ $ref: '#/components/securitySchemes/key' }],
    messages: Object.keys(messages).map((name) => ({
      $ref: `#/channels/${channel}/messages/${side}.${name}`,
    })),
  };
}

/** AsyncAPI's schemas are draft 7 of JSON Schema. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-7', unrepresentable: 'any' });
  return rest;
}
