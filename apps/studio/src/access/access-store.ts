import { useSyncExternalStore } from 'react';

/** What opens the platform's APIs for the page: a person's log-in, or a developer's API key. */
export type Credentials = Login | { readonly kind: 'key'; readonly key: string };

interface Login {
  readonly kind: 'account';
  readonly name: string;
  readonly role: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a log-in is answered by, as far as it is kept. */
export interface LogInAnswer {
  readonly account: { readonly name: string; readonly role: string };
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

const LOGIN_STORED_AS = 'parlance.login';
const KEY_STORED_AS = 'parlance.key';
/** A token that lasts no longer is exchanged before it is used, milliseconds. */
const LEAST_REMAINING_MS = 30_000;

/** Exchanges a refresh token. @throws TypeError where the gateway can not be reached @returns undefined where it is refused */
type Refresh = (refreshToken: string) => Promise<LogInAnswer | undefined>;

/**
 * Keeps who has logged in. A log-in is shared by the tabs of a browser: a refresh token is good for one use, so tabs take turns in
 * exchanging it. A key stays in its tab.
 */
export class AccessStore {
  private known: Credentials | undefined;
  private readonly listeners = new Set<() => void>();
  /** Whether a log-in has ended by itself. */
  hasEnded = false;

  constructor(
    private readonly refresh: Refresh,
    private readonly shared: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
    private readonly ofTab: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = sessionStorage,
    private readonly now: () => number = Date.now,
  ) {
    this.known = this.stored();
  }

  get current(): Credentials | undefined {
    return this.known;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  logIn({ account, accessToken, refreshToken, expiresIn }: LogInAnswer): void {
    const { name, role } = account;
    const expiresAt = this.now() + expiresIn * 1_000;
    const login = { kind: 'account', name, role, accessToken, refreshToken, expiresAt } as const;
    this.shared.setItem(LOGIN_STORED_AS, JSON.stringify(login));
    this.ofTab.removeItem(KEY_STORED_AS);
    this.change(login);
  }

  useKey(key: string): void {
    this.ofTab.setItem(KEY_STORED_AS, key);
    this.change({ kind: 'key', key });
  }

  /** @param hasEnded  whether nobody asked for it */
  logOut(hasEnded = false): void {
    if (this.known?.kind === 'key') this.ofTab.removeItem(KEY_STORED_AS);
    else this.shared.removeItem(LOGIN_STORED_AS);
    this.change(undefined, hasEnded);
  }

  /** What other tabs have changed meanwhile. */
  reread(): void {
    if (this.known?.kind !== 'key') this.change(this.stored());
  }

  /** A token that is good now. @throws TypeError where it must be exchanged and the gateway can not be reached
   *  @returns undefined where nobody has logged in, or the log-in has ended */
  async token(): Promise<string | undefined> {
    if (this.known?.kind === 'key') return this.known.key;
    if (this.known && this.isFresh(this.known)) return this.known.accessToken;
    return inTurn(() => this.exchange());
  }

  private async exchange(): Promise<string | undefined> {
    // Another tab may have done it.
    const stored = this.stored();
    if (stored?.kind !== 'account') {
      if (this.known) this.change(undefined, true);
      return undefined;
    }
    if (this.isFresh(stored)) {
      this.change(stored);
      return stored.accessToken;
    }
    const answer = await this.refresh(stored.refreshToken);
    if (!answer) {
      this.logOut(true);
      return undefined;
    }
    this.logIn(answer);
    return answer.accessToken;
  }

  private isFresh({ expiresAt }: Login): boolean {
    return expiresAt - this.now() > LEAST_REMAINING_MS;
  }

  private stored(): Credentials | undefined {
    const key = this.ofTab.getItem(KEY_STORED_AS);
    if (key !== null) return { kind: 'key', key };
    const text = this.shared.getItem(LOGIN_STORED_AS);
    try {
      return text === null ? undefined : (JSON.parse(text) as Credentials);
    } catch {
      return undefined;
    }
  }

  private change(credentials: Credentials | undefined, hasEnded = false): void {
    this.known = credentials;
    this.hasEnded = hasEnded;
    for (const listener of this.listeners) listener();
  }
}

/** One tab at a time. Addresses that are not safe have no locks. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return locks ? locks.request(LOGIN_STORED_AS, work) : work();
}

/** Who has logged in, for components. */
export function useCredentials(store: AccessStore): Credentials | undefined {
  return useSyncExternalStore(store.subscribe, () => store.current);
}
