import { AppError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import type { Logger } from '@parlance/telemetry';

/** The operator answers at once: it only notes that somebody asked. */
const ASK_LIMIT_MS = 2_000;

/** Asks the operator for a pod of a model that is scaled to nothing. What fails is asked again by the next that waits. */
export class ScaleUp {
  private readonly call = outsideCall({ name: 'The operator', timeoutMs: ASK_LIMIT_MS, attempts: 1 });
  private isAsking = false;

  /** @param url  the operator's `…/scaling/NAMESPACE/NAME/wanted`; undefined: nobody is asked */
  constructor(
    private readonly url: string | undefined,
    private readonly logger: Logger,
  ) {}

  /** One question at a time; never throws. */
  ask(): void {
    if (!this.url || this.isAsking) return;
    this.isAsking = true;
    const { url } = this;
    this.call
      .execute(({ signal }) => this.post(url, signal))
      .catch((err: unknown) => this.logger.warn({ err }, 'the operator could not be asked for a pod'))
      .finally(() => (this.isAsking = false));
  }

  private async post(url: string, signal: AbortSignal): Promise<void> {
    const answer = await fetch(url, { method: 'POST', redirect: 'error', signal });
    await answer.body?.cancel();
    if (!answer.ok)
      throw new AppError('upstream.unavailable', `The operator answered with status ${answer.status}.`);
  }
}
