import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { AttemptRepository } from '@parlance/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

const WINDOW_MS = 900_000;
/** Of one log-in within that time. */
const MOST_REFRESHES = 100;
/** An IPv6 network of one customer. */
const NETWORK_GROUPS = 4;

/** Who tries: counted before the password is compared, so that tries at the same moment do not slip past the limit. */
export interface Attempt {
  /** The log-in was right: it does not count. */
  succeeded(): Promise<void>;
  /** Looks whether it is right; where that cannot be done just now, nothing was tried and it does not count. */
  unlessRefused<T>(look: () => Promise<T>): Promise<T>;
}

/** How often passwords may be tried and accounts be made, for all replicas together. */
@Injectable()
export class AttemptLimits {
  constructor(
    private readonly attempts: AttemptRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'accounts' | 'mail'>,
  ) {}

  /**
   * Counts a log-in, of an account that may not exist: it is locked as one that does.
   * @throws AppError auth.too_many_attempts
   */
  async logIn(tenant: string, email: string, address: string, now = Date.now()): Promise<Attempt> {
    const { ofAccount, ofAddress } = this.limits;
    const [byAddress, byAccount] = [`address/${networkOf(address)}`, accountName(tenant, email)];
    await this.count(byAddress, ofAddress, now);
    await this.count(byAccount, ofAccount, now);
    return {
      succeeded: async () => {
        await this.attempts.subtract(inWindow(byAddress, now));
        await this.attempts.reset(inWindow(byAccount, now));
      },
      unlessRefused: async (look) => {
        try {
          return await look();
        } catch (error) {
          await this.attempts.subtract(inWindow(byAddress, now));
          await this.attempts.subtract(inWindow(byAccount, now));
          throw error;
        }
      },
    };
  }

  /** Counts an account that is made. @throws AppError auth.too_many_attempts */
  async signUp(address: string, now = Date.now()): Promise<void> {
    await this.count(`sign-up/${networkOf(address)}`, this.limits.signUps, now);
  }

  /** Counts a refresh of a log-in: each leaves a token behind until that expires. @throws AppError auth.too_many_attempts */
  async refresh(family: string, now = Date.now()): Promise<void> {
    await this.count(`refresh/${family}`, MOST_REFRESHES, now);
  }

  /** Counts a mail to an address, whether there is an account of it or not. @throws AppError auth.too_many_attempts */
  async mail(tenant: string, email: string, now = Date.now()): Promise<void> {
    const limit = this.config.mail?.byAccount ?? 0;
    await this.count(mailName(tenant, email), limit, now);
  }

  /** Counts a request for a mail, by who asks. @throws AppError auth.too_many_attempts */
  async mailRequest(address: string, now = Date.now()): Promise<void> {
    await this.count(`mail-request/${networkOf(address)}`, this.limits.signUps, now);
  }

  /** Counts a log-in by an organisation's own provider that is begun. @throws AppError auth.too_many_attempts */
  async oidcStart(address: string, now = Date.now()): Promise<void> {
    await this.count(`oidc/${networkOf(address)}`, this.limits.ofAddress, now);
  }

  private get limits() {
    if (!this.config.accounts) throw new AppError('request.not_found', 'There are no accounts here.');
    return this.config.accounts.limits;
  }

  private async count(name: string, limit: number, now: number): Promise<void> {
    const until = (Math.floor(now / WINDOW_MS) + 1) * WINDOW_MS;
    const count = await this.attempts.add(inWindow(name, now), new Date(until), new Date(now));
    if (count <= limit) return;
    throw new AppError('auth.too_many_attempts', 'Too many attempts: wait before the next one.', {
      retryAfterSeconds: Math.max(1, Math.ceil((until - now) / 1000)),
    });
  }
}

/** Addresses of strangers are not kept. */
function hashOf(tenant: string, email: string): string {
  return createHash('sha256').update(`${tenant}\n${email}`).digest('base64url');
}

function mailName(tenant: string, email: string): string {
  return `mail/${hashOf(tenant, email)}`;
}

function accountName(tenant: string, email: string): string {
  return `account/${hashOf(tenant, email)}`;
}

/** What wrong passwords of an account and mails to it are counted by just now. */
export function accountCountsOf(tenant: string, email: string, now: number): string[] {
  return [accountName(tenant, email), mailName(tenant, email)].map((name) => inWindow(name, now));
}

function inWindow(name: string, now: number): string {
  return `${name}/${Math.floor(now / WINDOW_MS)}`;
}

/** What is counted as one: an IPv4 address, or an IPv6 network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const whole = [...first, ...zeros, ...last].map((group) => group.replace(/^0+(?=.)/, ''));
  return `${whole.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
