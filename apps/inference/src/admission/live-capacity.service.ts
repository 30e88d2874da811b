import type { UtteranceRecognizer } from '@parlance/whisper';
import type { AdmissionService } from './admission.service.js';
import { measureLiveCapacity } from './capacity-probe.js';

export interface LiveCapacityOptions {
  /** Live streams that are held whatever the machine can do; 0: as many as it can, measured. */
  readonly fixed: number;
  /** That recognition computes with, all workers together. */
  readonly threads: number;
}

/** Time spent measuring at start, all models together. */
const START_MS = 2_500;

/** Learns how many live streams this process holds, for each model, before the first of them is admitted. */
export class LiveCapacityService {
  private readonly measuring = new Map<string, Promise<void>>();

  constructor(
    private readonly recognizer: UtteranceRecognizer,
    private readonly admission: AdmissionService,
    private readonly options: LiveCapacityOptions,
  ) {}

  /** At start, while nothing else is asked of the process. */
  async measureAll(models: readonly string[]): Promise<void> {
    for (const model of models) await this.measure(model, START_MS / models.length);
  }

  /** For a model that was loaded later; briefly, since streams may be on. */
  async ensure(model: string): Promise<void> {
    if (this.admission.liveCapacityOf(model) !== undefined) return;
    const running = this.measuring.get(model) ?? this.measure(model, 0);
    this.measuring.set(model, running);
    await running.finally(() => this.measuring.delete(model));
  }

  private async measure(model: string, limitMs: number): Promise<void> {
    const { fixed, threads } = this.options;
    const streams = fixed || (await measureLiveCapacity(this.recognizer, model, threads, limitMs));
    this.admission.setLiveCapacity(model, streams);
  }
}
