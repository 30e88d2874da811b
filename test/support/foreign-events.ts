import * as grpc from '@grpc/grpc-js';
import { PROTOCOLS, type ProtocolName } from '@parlance/contracts';
import { loadProtocols } from '@parlance/rpc';
import { fieldMeaning, isFixed, withoutName, type Whose } from './foreign-requests.js';
import { JsonSocket } from './json-socket.js';
import { ListenClient } from './listen-client.js';
import type { MadeThings } from './made-things.js';
import type { Gateway } from './platform.js';
import { PublicSpeechClient } from './public-speech-client.js';
import {
  isReference,
  referencesOf,
  sampleOf,
  withField,
  type FieldPath,
  type JsonSchema,
} from './references.js';
import { BODIES, THINGS, type Meaning, type ThingName } from './tenant-things.js';
import { until } from './until.js';
import { VoiceClient } from './voice-client.js';

/** A field of a message or method that names a thing. `name` is `channel.message` or `Service/Method`. */
export interface ForeignField {
  readonly name: string;
  readonly path: FieldPath;
  readonly thing: ThingName;
  readonly message: object;
}

/** What an event came to: the code of a fault, or `ok`; and all that was told. */
export interface EventAnswer {
  readonly code: string;
  readonly message: string;
  readonly told: string;
}

interface Fields {
  readonly fields: ForeignField[];
  readonly gaps: string[];
}
interface Channel {
  readonly messages: Readonly<Record<string, { readonly payload: JsonSchema }>>;
  readonly bindings: { readonly ws: { readonly query?: JsonSchema } };
}

const okOr = (
  error?: { readonly code?: string; readonly message?: string },
  told: unknown = {},
): EventAnswer => ({
  code: error?.code ?? 'ok',
  message: error?.message ?? '',
  told: JSON.stringify(told),
});

type Sender = (url: string, token: string, name: string, message: object) => Promise<EventAnswer>;

/** Sends on a socket whose first event is `first`. */
function onSocket(path: string, first: string): Sender {
  return async (url, token, _, message) => {
    const client = await JsonSocket.open<{ type: string; error?: { code: string; message: string } }>(
      url,
      path,
      token,
    );
    await client.next(first);
    client.send(message);
    const answer = await until(() => client.events.at(1));
    client.socket.close();
    return okOr(answer.error, client.events);
  };
}

/** How a stranger sends a message of each channel of the AsyncAPI document. */
const SENDERS: Readonly<Record<string, Sender>> = {
  voice: async (url, token, name, message) => {
    const client = await VoiceClient.connect(url, { token });
    const answer = await client.ask(name as Parameters<VoiceClient['ask']>[0], { ...message });
    client.close();
    return okOr(answer.error, client.events);
  },
  learn: onSocket('/v1/learn', 'welcome'),
  realtime: onSocket('/v1/realtime?intent=transcription', 'session.created'),
  listen: async (url, token, _, message) => {
    const query = { converse: 'true', ...message };
    const refusal = await ListenClient.refusal(url, query, token).catch(() => undefined);
    return okOr(refusal?.error, refusal);
  },
};

/** Every field of the AsyncAPI document, in what a client sends, that names a thing. */
export async function fieldsOfSockets(gateway: Gateway): Promise<Fields> {
  const answer = await fetch(`${gateway.url}/api/asyncapi.json`);
  const { channels } = (await answer.json()) as { readonly channels: Readonly<Record<string, Channel>> };
  return collect(
    Object.entries(channels).flatMap(([channel, { messages, bindings }]) => {
      const sent = Object.entries(messages).filter(([name]) => name.startsWith('client.'));
      const schemas = [
        ...sent.map(([name, { payload }]) => [name.replace('client.', ''), payload] as const),
        ['query', bindings.ws.query ?? {}] as const,
      ];
      return schemas.flatMap(([message, schema]) =>
        referencesOf(schema).map((path) => ({
          name: `${channel}.${message}`,
          path,
          message: (BODIES[`${channel}.${message}`] ?? sampleOf(schema)) as object,
          canBeSent: channel in SENDERS,
        })),
      );
    }),
  );
}

interface MessageType {
  readonly type: {
    readonly name: string;
    readonly field: readonly { readonly name: string; readonly type: string; readonly typeName: string }[];
  };
}
type Packages = Readonly<Record<string, unknown>>;
const PACKAGES = grpc.loadPackageDefinition(loadProtocols(Object.keys(PROTOCOLS) as ProtocolName[]));

/** Every field of the public gRPC services, in what a client sends, that names a thing. */
export async function fieldsOfGrpc(gateway: Gateway): Promise<Fields> {
  const reflection = new PublicSpeechClient(gateway.grpcAddress);
  const services = (await reflection.listServices()).filter((name) => !name.startsWith('grpc.'));
  reflection.close();
  const found = services.flatMap((service) => {
    const definition = loaded<grpc.ServiceClientConstructor>(service)?.service;
    if (!definition) return [{ name: service, path: ['the service'], message: {}, canBeSent: false }];
    return Object.entries(definition).flatMap(([method, described]) =>
      // What proto-loader adds to a method's definition.
      fieldsOf((described as unknown as { readonly requestType: MessageType }).requestType, service).map(
        (path) => ({
          name: `${service}/${method}`,
          path,
          message: BODIES[`${service}/${method}`] ?? {},
          canBeSent: true,
        }),
      ),
    );
  });
  return collect(found);
}

/** Sends what names a thing, as a stranger. */
export async function sendForeign(
  gateway: Gateway,
  token: string,
  { name, path, thing, message }: ForeignField,
  { things, whose }: { readonly things: MadeThings; readonly whose: Whose },
): Promise<EventAnswer> {
  const value = whose === 'made' ? things.ids[thing] : THINGS[thing].nobodys;
  const filled = withField(message, path, value) as object;
  const [channel = '', event = ''] = name.split('.');
  const answer = await (name.includes('/')
    ? call(gateway, token, name, filled)
    : SENDERS[channel]!(gateway.url, token, event, filled));
  return { ...answer, message: withoutName(answer.message, value) ?? '' };
}

function collect(
  found: readonly {
    readonly name: string;
    readonly path: FieldPath;
    readonly message: object;
    readonly canBeSent: boolean;
  }[],
): Fields {
  const fields: ForeignField[] = [];
  const gaps: string[] = [];
  for (const { canBeSent, ...field } of found) {
    const meaning: Meaning | undefined = fieldMeaning(field.name, field.path);
    const named = `${field.path.join('.')} of ${field.name}`;
    if (!canBeSent) gaps.push(`no client sends ${named}`);
    else if (meaning === undefined) gaps.push(`no thing is made for ${named}`);
    else if (!isFixed(meaning) && meaning !== 'a name') fields.push({ ...field, thing: meaning });
  }
  return { fields, gaps };
}

/** What the protos define by a full name: a service's client or a message. */
function loaded<Kind>(name: string): Kind | undefined {
  return name
    .split('.')
    .reduce<unknown>((found, part) => (found as Packages | undefined)?.[part], PACKAGES) as Kind | undefined;
}

/** The fields of a request that name things. @param within  full name that the types of its fields are written in relation to */
function fieldsOf({ type }: MessageType, within: string, at: FieldPath = []): FieldPath[] {
  return type.field.flatMap(({ name, type: kind, typeName }) => {
    const path = [...at, name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (kind === 'TYPE_STRING' && isReference(name)) return [path];
    // Types that hold themselves are not followed for ever.
    if (kind !== 'TYPE_MESSAGE' || path.length > 6) return [];
    const inner = typeOf(typeName, within);
    return inner ? fieldsOf(inner, within, path) : [];
  });
}

/** A message by its name, full or in relation to a package. */
function typeOf(name: string, within: string): MessageType | undefined {
  if (name.startsWith('.')) return loaded<MessageType>(name.slice(1));
  const packages = within.split('.');
  return packages
    .map((_, index) => [...packages.slice(0, packages.length - index), name].join('.'))
    .concat(name)
    .map((full) => loaded<Partial<MessageType>>(full))
    .find((found): found is MessageType => found?.type !== undefined);
}

function call(gateway: Gateway, token: string, name: string, message: object): Promise<EventAnswer> {
  const [service = '', method = ''] = name.split('/');
  const Client = loaded<grpc.ServiceClientConstructor>(service)!;
  const client = new Client(gateway.grpcAddress, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const told: unknown[] = [];
  return new Promise((resolve) => {
    const { path, requestSerialize, responseDeserialize } = Client.service[method]!;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    const done = (error?: { readonly code: string; readonly message: string }): void => {
      resolve(okOr(error, told));
      client.close();
    };
    stream.on('error', () => undefined);
    stream.on('data', (event) => {
      told.push(event);
      stream.cancel();
    });
    stream.on('status', ({ code, details, metadata: trailer }: grpc.StatusObject) =>
      done(
        told.length > 0 || code === grpc.status.OK
          ? undefined
          : { code: String(trailer.get('parlance-error-code')[0] ?? code), message: details },
      ),
    );
    stream.write(message);
  });
}
