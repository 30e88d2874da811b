import { createHash } from 'node:crypto';
import { AUTH, PASSWORD, PROFILE } from './account-rig.js';
import { TestMailServer } from './mail-server.js';
import { CLIENT, TestOpenIdProvider } from './openid-provider.js';

export const PUBLIC_URL = 'https://parlance.example';
const FRONT_END = 'https://learn.example/logged-in';
const CALLBACK = `${PUBLIC_URL}${AUTH}/oidc/acme/callback`;
const VERIFIER = 'a-verifier-that-the-front-end-keeps-until-the-exchange';
/** A PNG file. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The servers that routes for people call: one for mail, and an OpenID provider. */
export class PeopleServers {
  private constructor(
    readonly mail: TestMailServer,
    readonly provider: TestOpenIdProvider,
  ) {}

  static async start(): Promise<PeopleServers> {
    return new PeopleServers(await TestMailServer.start(), await TestOpenIdProvider.start([CALLBACK]));
  }

  /** Of a gateway that calls them. */
  get environment(): Readonly<Record<string, string>> {
    return {
      PARLANCE_PUBLIC_URL: PUBLIC_URL,
      PARLANCE_OIDC_ALLOW_PRIVATE: 'true',
      PARLANCE_SMTP_HOST: '127.0.0.1',
      PARLANCE_SMTP_PORT: String(this.mail.port),
      PARLANCE_SMTP_TLS: 'none',
      PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
      PARLANCE_MAIL_LINK_BASE: 'https://learn.example',
      PARLANCE_MAIL_POLL_MS: '100',
    };
  }

  async stop(): Promise<void> {
    await this.mail.stop();
    await this.provider.stop();
  }
}

/** How a test sends a request: by nobody or by whom it is for. */
interface Senders {
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly asPerson: (path: string, init?: RequestInit) => Promise<Response>;
  readonly json: (method: string, body: object) => RequestInit;
}

/** Calls of the routes for people that succeed, in their order: those before a log-in, and those after it. */
export function peopleCalls(servers: () => PeopleServers, email: string, { send, asPerson, json }: Senders) {
  const account = { organisation: 'acme', email };
  const codeTo = async (subject: RegExp): Promise<string> =>
    TestMailServer.codeOf(await servers().mail.mailTo(email, subject));
  const oidc = '/api/v1/organisations/acme/oidc';
  let begun: Response;
  let code: string | null;
  const beforeLogIn: Readonly<Record<string, () => Promise<Response>>> = {
    'POST /api/v1/auth/resend-verification': () => send(`${AUTH}/resend-verification`, json('POST', account)),
    'POST /api/v1/auth/verify-email': async () =>
      send(`${AUTH}/verify-email`, json('POST', { token: await codeTo(/confirm/) })),
    'POST /api/v1/auth/forgot-password': () => send(`${AUTH}/forgot-password`, json('POST', account)),
    'POST /api/v1/auth/reset-password': async () => {
      const token = await codeTo(/new password/);
      return send(`${AUTH}/reset-password`, json('POST', { token, password: PASSWORD }));
    },
  };
  const afterLogIn: typeof beforeLogIn = {
    'PUT /api/v1/profile/picture': () =>
      asPerson(`${PROFILE}/picture`, {
        method: 'PUT',
        body: PIXEL,
        headers: { 'content-type': 'image/png' },
      }),
    'GET /api/v1/profile/picture': () => asPerson(`${PROFILE}/picture`),
    'DELETE /api/v1/profile/picture': () => asPerson(`${PROFILE}/picture`, { method: 'DELETE' }),
    'PUT /api/v1/organisations/{id}/oidc': () =>
      send(
        oidc,
        json('PUT', {
          ...CLIENT,
          ...{ issuer: servers().provider.issuer, domains: ['corp.example'], redirects: [FRONT_END] },
        }),
      ),
    'GET /api/v1/organisations/{id}/oidc': () => send(oidc),
    'GET /api/v1/auth/oidc/{organisation}/start': async () => {
      const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
      const query = new URLSearchParams({ redirect: FRONT_END, challenge });
      begun = await send(`${AUTH}/oidc/acme/start?${query}`, { redirect: 'manual' });
      return begun;
    },
    'GET /api/v1/auth/oidc/{organisation}/callback': async () => {
      const { provider } = servers();
      provider.person = { sub: 'grace', email: 'grace@corp.example', email_verified: true };
      const back = await provider.visit(begun.headers.get('location') ?? '');
      const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const answer = await send(back.replace(PUBLIC_URL, ''), { redirect: 'manual', headers: { cookie } });
      code = new URL(answer.headers.get('location') ?? 'none:').searchParams.get('code');
      return answer;
    },
    'POST /api/v1/auth/oidc/exchange': () =>
      send(`${AUTH}/oidc/exchange`, json('POST', { code, verifier: VERIFIER })),
    'DELETE /api/v1/organisations/{id}/oidc': () => send(oidc, { method: 'DELETE' }),
    'POST /api/v1/auth/change-email': () =>
      asPerson(`${AUTH}/change-email`, json('POST', { password: PASSWORD, email: 'moved@example.com' })),
  };
  return { beforeLogIn, afterLogIn };
}
