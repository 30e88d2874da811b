import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { Bulkhead } from '@parlance/resilience';

/** OWASP's parameters for argon2id: 19 MiB, two passes. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Each holds a thread of Node's pool for some 50 ms. */
const AT_ONCE = 2;
const WAITING = 64;

/** Hashes and compares passwords, a few at a time: a flood of log-ins does not take the processors from speech. */
@Injectable()
export class Passwords {
  private readonly bulkhead = new Bulkhead({
    limit: AT_ONCE,
    queue: WAITING,
    refusal: 'request.rate_limited',
    message: 'Too many log-ins at once: try again.',
  });
  private readonly nobodys = this.hash('', 'the password of no account');

  /** @param tenant  which has its share of the queue
   *  @returns argon2id's hash, with its parameters and salt
   *  @throws AppError request.rate_limited */
  hash(tenant: string, password: string): Promise<string> {
    return this.bulkhead.run(() => hash(password.normalize('NFKC'), ARGON2ID), undefined, tenant);
  }

  /**
   * Whether the password is the hash's; without a hash it is not, after the same time.
   * @throws AppError request.rate_limited
   */
  async isRight(tenant: string, password: string, known: string | undefined): Promise<boolean> {
    const against = known ?? (await this.nobodys);
    const isRight = await this.bulkhead.run(
      () => verify(against, password.normalize('NFKC')),
      undefined,
      tenant,
    );
    return isRight && known !== undefined;
  }
}
