import { z } from 'zod';

type Side = 'client' | 'server';

/** A channel of the AsyncAPI document of a running gateway, to compare with what goes over its socket. */
export class AsyncApiChannel {
  /** What the server sent and the document does not describe so. */
  readonly misfits: string[] = [];
  private readonly exchanged = new Set<string>();

  private constructor(private readonly messages: ReadonlyMap<string, z.ZodType>) {}

  static async load(url: string, channel: string): Promise<AsyncApiChannel> {
    const answer = await fetch(`${url}/api/asyncapi.json`);
    const { channels } = (await answer.json()) as {
      channels: Record<string, { messages: Record<string, { payload: object }> }>;
    };
    const messages = Object.entries(channels[channel]?.messages ?? {}).map(
      ([name, { payload }]) => [name, fromSchema(payload)] as const,
    );
    return new AsyncApiChannel(new Map(messages));
  }

  /** The messages that were not exchanged until now, as `server.welcome`. */
  get missing(): string[] {
    return [...this.messages.keys()].filter((name) => !this.exchanged.has(name));
  }

  /** Notes a message of the server, which has to fit. */
  received(name: string, payload: unknown): void {
    const error = this.note('server', name, payload);
    if (error) this.misfits.push(`${name}: ${error}`);
  }

  /** Notes a message of the client. Tests send what is at fault as well; only what fits counts as exchanged. */
  sent(name: string, payload: unknown): void {
    this.note('client', name, payload);
  }

  private note(side: Side, name: string, payload: unknown): string | undefined {
    const schema = this.messages.get(`${side}.${name}`);
    if (!schema) return 'is not in the document';
    const { error } = schema.safeParse(payload);
    if (error) return z.prettifyError(error);
    this.exchanged.add(`${side}.${name}`);
    return undefined;
  }
}

function fromSchema(schema: object): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: 'draft-7' });
}
