import { AppError } from '@parlance/errors';

/** What one client may have waiting. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 8 * 1024 ** 2;

/** Works through what one client sends, one after the other, within limits: what comes faster than it can be worked off is refused. */
export class InboundQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private bytes = 0;

  /** @param bytes  held until the work is done
   *  @throws AppError quota.exceeded, and what the work throws */
  async add<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= MAX_WAITING || this.bytes + bytes > MAX_WAITING_BYTES)
      throw new AppError(
        'quota.exceeded',
        'More comes on this connection than can be worked off; send slower.',
        {
          retryAfterSeconds: 1,
        },
      );
    return this.append(bytes, work);
  }

  /** As `add`, for what has to be done however much waits. */
  async append<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    this.waiting += 1;
    this.bytes += bytes;
    const done = this.last.then(work).finally(() => {
      this.waiting -= 1;
      this.bytes -= bytes;
    });
    this.last = done.catch(() => undefined);
    return done;
  }
}
