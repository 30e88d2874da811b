import type { Degradation } from '@parlance/contracts';
import { activeSpan, counter, histogram } from '@parlance/telemetry';

/** Work that has a chain of fallbacks. */
export type FallbackStage = Degradation['stage'] | 'feedback' | 'evaluation' | 'summary' | 'practice';

const fallbacks = () => counter('parlance_fallbacks_total');

/** Notes a step down a chain of fallbacks in the metrics and in the active span.
 *  @param code why: the fault's code */
export function noteFallback(stage: FallbackStage, from: string, to: string, code: string): void {
  fallbacks().inc({ stage, from, to });
  activeSpan()?.addEvent('fallback', { 'parlance.stage': stage, from, to, 'error.type': code });
}

/** What a turn passes through: `transcribe` and `answer` are measured by the gateway, the others by the service of that name. */
export type TurnStage = 'transcribe' | 'conversation' | 'tts' | 'answer';

/** Seconds a turn spends in a stage. */
export const turnLatency = () => histogram('parlance_turn_latency_seconds');
