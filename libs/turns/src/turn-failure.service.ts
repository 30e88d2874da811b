import { Injectable } from '@nestjs/common';
import { turnIdentitySchema, type RequestIdentity, type TurnIdentity } from '@parlance/contracts';
import type { AppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import { TurnRepository, type TurnFailure } from '@parlance/persistence';

/** Tells everybody who waits for a turn that it will not be completed. */
@Injectable()
export class TurnFailureService {
  constructor(
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
  ) {}

  /** Records the failure, then publishes it; both do nothing the second time.
   *  @param about whose turn it is; where that is not known, nobody waits for it
   *  @throws AppError store.unavailable, upstream.unavailable */
  async report(
    stage: TurnFailure['stage'],
    { code, message, retryable }: AppError,
    about: Partial<RequestIdentity>,
  ): Promise<void> {
    const identity = turnIdentitySchema.safeParse(about).data;
    if (!identity) return;
    const failure = { stage, error: { code, message, retryable } };
    await this.turns.fail(identity, failure);
    await this.bus.publishEvent({ name: 'turn.failed', data: { identity, ...failure } });
  }

  /** Makes a turn whose failure was told one that is being answered again. Does nothing the second time.
   *  @throws AppError store.unavailable */
  async withdraw(identity: TurnIdentity): Promise<void> {
    await this.turns.reopen(identity);
  }
}
