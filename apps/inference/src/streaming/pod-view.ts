import type { UtteranceRecognizer } from '@parlance/whisper';
import type { AdmissionService } from '../admission/admission.service.js';
import { noteFinalDelay, noteFirstInterim } from '../inference-metrics.js';

/** Up to this load there is time for more interims than the schedule asks for. */
const SPARE_LOAD = 0.5;

/** A live session's view of its pod: its load, its clock, and where latencies are reported. */
export class PodView {
  constructor(
    private readonly recognizer: UtteranceRecognizer,
    private readonly admission: AdmissionService,
  ) {}

  /** Nothing is being decoded, and there is capacity for more than what must be done. */
  isIdle(): boolean {
    return this.recognizer.isIdle && this.recognizer.isCalm && this.admission.load <= SPARE_LOAD;
  }

  /** Milliseconds of a clock that only goes forward. */
  now(): number {
    return performance.now();
  }

  /** Reports how long after the utterance's endpoint its final was sent. */
  finalSent(latencyMs: number): void {
    this.admission.noteFinal(latencyMs);
    noteFinalDelay(latencyMs);
  }

  /** Reports how long after the start of an utterance was detected its first interim was sent. */
  firstInterimSent(latencyMs: number): void {
    noteFirstInterim(latencyMs);
  }
}
