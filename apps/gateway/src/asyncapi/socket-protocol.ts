import type { z } from 'zod';

/** A message of a protocol. */
export interface SocketMessage {
  readonly summary?: string;
  /** Undefined: bytes, or text that is no JSON. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

export type SocketMessages = Readonly<Record<string, SocketMessage>>;

/** A protocol of sockets, as the AsyncAPI document is made of it. */
export interface SocketProtocol {
  /** Its key in the document. */
  readonly name: string;
  /** The path, or the namespace behind it. */
  readonly address: string;
  readonly title: string;
  readonly description: string;
  /** Parameters of the connection. */
  readonly query?: z.ZodType;
  /** By name. */
  readonly fromClient: SocketMessages;
  readonly toClient: SocketMessages;
}

type TypeField = z.ZodLiteral<string> | z.ZodEnum<Record<string, string>>;
type Union = z.ZodDiscriminatedUnion<readonly z.ZodObject<{ type: TypeField }>[], 'type'>;

/** The messages of a union that `type` tells apart, by that. */
export function messagesOf(union: z.ZodType): SocketMessages {
  const { options } = union as unknown as Union;
  return Object.fromEntries(
    options.flatMap((schema) => {
      const { type } = schema.shape;
      const names = 'options' in type ? type.options : [...type.values];
      return names.map((name) => [name, { schema }]);
    }),
  );
}
