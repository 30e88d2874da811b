import { describe, expect, it } from '@jest/globals';
import { AccessStore, type LogInAnswer } from './access-store.js';

const answerOf = (count: number, expiresIn = 600): LogInAnswer => ({
  account: { name: 'Ada', role: 'learner' },
  accessToken: `access-${count}`,
  refreshToken: `refresh-${count}`,
  expiresIn,
});

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const entries = new Map<string, string>();
  return {
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => void entries.set(name, value),
    removeItem: (name) => void entries.delete(name),
  };
}

/** Tabs of one browser, whose gateway takes each refresh token once, as ours does. */
class Browser {
  now = 0;
  readonly shared = memory();
  readonly used: string[] = [];

  tab(): AccessStore {
    const refresh = async (token: string): Promise<LogInAnswer | undefined> => {
      if (this.used.includes(token)) return undefined;
      this.used.push(token);
      return answerOf(this.used.length + 1);
    };
    return new AccessStore(refresh, this.shared, memory(), () => this.now);
  }
}

describe('the log-in of the page', () => {
  it('is used as long as its token lasts, then exchanged', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.logIn(answerOf(1));
    expect(await tab.token()).toBe('access-1');
    browser.now = 580_000;
    expect(await tab.token()).toBe('access-2');
    expect(browser.used).toEqual(['refresh-1']);
  });

  it('is shared by tabs: what one has exchanged the other one uses', async () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(), browser.tab()];
    one.logIn(answerOf(1));
    two.reread();
    browser.now = 700_000;
    expect([await one.token(), await two.token()]).toEqual(['access-2', 'access-2']);
    expect(browser.used).toEqual(['refresh-1']);
  });

  it('ends, and says that nobody asked for it, when the refresh token is refused', async () => {
    const browser = new Browser();
    const tab = browser.tab();
    tab.logIn(answerOf(1));
    browser.used.push('refresh-1');
    browser.now = 700_000;
    expect(await tab.token()).toBeUndefined();
    expect([tab.current, tab.hasEnded]).toEqual([undefined, true]);
  });

  it('stays when the gateway can not be reached', async () => {
    const shared = memory();
    const away = new AccessStore(
      () => Promise.reject(new TypeError('away')),
      shared,
      memory(),
      () => 0,
    );
    away.logIn(answerOf(1, 1));
    await expect(away.token()).rejects.toThrow('away');
    expect(away.current).toBeDefined();
  });

  it('is not read from what somebody else has written in its place', () => {
    const shared = memory();
    shared.setItem('parlance.login', '{');
    expect(new AccessStore(async () => undefined, shared, memory()).current).toBeUndefined();
  });
});

describe('an API key', () => {
  it('stays in its tab', async () => {
    const browser = new Browser();
    const [one, two] = [browser.tab(), browser.tab()];
    one.useKey('pk_1');
    expect([await one.token(), await two.token()]).toEqual(['pk_1', undefined]);
    one.logOut();
    expect(one.current).toBeUndefined();
  });
});
