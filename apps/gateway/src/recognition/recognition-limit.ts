import { AppError } from '@parlance/errors';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { ReplayableAudio } from './replayable-audio.js';

/** How long the recognition of one recording may take, whoever does it. The time counts from when its audio has come: a
 *  slow client is not the recogniser's fault. */
export class RecognitionLimit {
  private endsAt: number | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isEnded = false;

  /** @param limitMs  or as long as the audio lasts where that is longer; undefined: no limit */
  constructor(
    private readonly audio: Pick<ReplayableAudio, 'ended' | 'bytes'>,
    private readonly limitMs: number | undefined,
  ) {}

  /** Aborts with the caller, and once a share of the time that is left is over.
   *  @param share 0..1 */
  signal(share: number, caller: AbortSignal): AbortSignal {
    if (this.limitMs === undefined) return caller;
    const over = new AbortController();
    void this.audio.ended.then(() => this.start(over, share));
    return AbortSignal.any([caller, over.signal]);
  }

  get isOver(): boolean {
    return this.endsAt !== undefined && Date.now() >= this.endsAt;
  }

  /** Stops the clocks. */
  end(): void {
    this.isEnded = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private start(over: AbortController, share: number): void {
    if (this.isEnded) return;
    const audioMs = this.audio.bytes / PCM_BYTES_PER_MS;
    this.endsAt ??= Date.now() + Math.max(this.limitMs ?? 0, audioMs);
    const fault = new AppError('request.deadline_exceeded', 'Recognition took longer than its limit.');
    this.timers.add(setTimeout(() => over.abort(fault), Math.max(0, this.endsAt - Date.now()) * share));
  }
}
