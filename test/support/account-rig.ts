import type { Gateway } from './platform.js';
import { AccessClient, type JsonAnswer, type Method } from './access-rig.js';

export const AUTH = '/api/v1/auth';
export const PROFILE = '/api/v1/profile';
export const PASSWORD = 'a long password of a learner';

/** What a log-in is answered by. */
export interface LogIn {
  readonly account: { readonly id: string; readonly organisation: string };
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Environment of a gateway with accounts. */
export const ACCOUNTS_ENVIRONMENT = {
  PARLANCE_ACCOUNTS: 'true',
  PARLANCE_MANAGING_TENANT: 'acme',
  // Ready without inference: what these tests ask never gets so far.
  PARLANCE_WAIT_FOR_PODS_MS: '1',
  // Tests come from addresses of their own.
  PARLANCE_TRUSTED_PROXIES: '127.0.0.1',
} as const;

/** A person at an address. Keeps what is secret, to be looked for in logs. */
export class Person {
  static readonly secrets: string[] = [PASSWORD];

  constructor(
    private readonly gateway: Gateway,
    readonly email: string,
    readonly organisation = 'acme',
    private readonly address = '192.0.2.1',
  ) {}

  send(path: string, body: object): Promise<JsonAnswer> {
    return this.as(undefined).send('POST', `${AUTH}/${path}`, body);
  }

  signUp(changes: object = {}): Promise<JsonAnswer> {
    const { organisation, email } = this;
    const profile = { name: 'Ada', targetLanguages: ['es'] };
    return this.send('sign-up', { organisation, email, password: PASSWORD, profile, ...changes });
  }

  logIn(password: unknown = PASSWORD): Promise<JsonAnswer> {
    return this.send('log-in', { organisation: this.organisation, email: this.email, password });
  }

  refresh(refreshToken: unknown): Promise<JsonAnswer> {
    return this.send('refresh', { refreshToken });
  }

  /** With an access token, or without one. */
  as(accessToken: string | undefined): AccessClient {
    return new AccessClient(this.gateway, accessToken, { 'x-forwarded-for': this.address });
  }

  call(accessToken: string, method: Method, path: string, body?: object): Promise<JsonAnswer> {
    return this.as(accessToken).send(method, path, body);
  }
}

/** The log-in of an answer. @throws Error where it is a fault */
export function logInOf({ status, body }: JsonAnswer): LogIn {
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  const login = body as unknown as LogIn;
  Person.secrets.push(login.accessToken, login.refreshToken);
  return login;
}
