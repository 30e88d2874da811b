import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Provider, type Configuration } from 'oidc-provider';
import { freePort } from './free-port.js';

/** Somebody whom the provider knows. */
export interface ProviderPerson {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
}

export const CLIENT = {
  clientId: 'parlance',
  clientSecret: 'a secret of the client at the provider',
} as const;

/** An organisation's OpenID provider on this machine: npm's oidc-provider, which logs in whom a test names. */
export class TestOpenIdProvider {
  /** Who sits before the browser; nobody refuses to be logged in. */
  person: ProviderPerson | undefined;
  private server: Server | undefined;

  private constructor(
    readonly issuer: string,
    private readonly port: number,
    private readonly provider: Provider,
  ) {}

  /** @param redirectUris  of the client; a second one, `stranger`, has them too */
  static async start(redirectUris: readonly string[]): Promise<TestOpenIdProvider> {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const people = new Map<string, ProviderPerson>();
    const client = (client_id: string) => ({
      ...{ client_id, client_secret: CLIENT.clientSecret, redirect_uris: [...redirectUris] },
      ...{ grant_types: ['authorization_code'], response_types: ['code' as const] },
    });
    const configuration: Configuration = {
      clients: [client(CLIENT.clientId), client('stranger')],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
      cookies: { keys: ['a key of the cookies of tests'] },
      findAccount: (_, accountId) => ({
        accountId,
        claims: () => ({ ...people.get(accountId)!, sub: accountId }),
      }),
      async loadExistingGrant({ oidc }) {
        const accountId = oidc.session?.accountId;
        const clientId = oidc.client?.clientId;
        const grant = new oidc.provider.Grant({ accountId: accountId!, clientId: clientId! });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    };
    const provider = new Provider(issuer, configuration);
    const self = new TestOpenIdProvider(issuer, port, provider);
    const answer = provider.callback();
    self.serve = async () => {
      const server = createServer((request, response) => {
        if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
        const { person } = self;
        if (person) people.set(person.sub, person);
        const result = person
          ? { login: { accountId: person.sub, remember: false } }
          : { error: 'access_denied', error_description: 'nobody is there' };
        void provider.interactionFinished(request, response, result);
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
      self.server = server;
    };
    await self.serve();
    return self;
  }

  /** Begins to answer (again). */
  serve: () => Promise<void> = async () => undefined;

  /** Goes from page to page as a browser would, until the provider sends it to another site. @returns that address */
  async visit(location: string): Promise<string> {
    const cookies = new Map<string, string>();
    for (let next = location; ;) {
      if (!next.startsWith(this.issuer)) return next;
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      const to = answer.headers.get('location');
      if (to === null) throw new Error(`the provider answers ${answer.status}: ${await answer.text()}`);
      next = new URL(to, this.issuer).href;
    }
  }

  /** It is away. */
  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
    this.server = undefined;
  }
}
