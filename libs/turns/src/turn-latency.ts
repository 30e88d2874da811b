import { histogram } from '@parlance/telemetry';

/** What a turn passes through: `transcribe` and `answer` are measured by the gateway, the others by the service of that name. */
export type TurnStage = 'transcribe' | 'conversation' | 'tts' | 'answer';

/** Seconds a turn spends in a stage. */
export const turnLatency = () =>
  histogram<'stage'>(
    'parlance_turn_latency_seconds',
    'Time from the end of one stage to the end of the next.',
    ['stage'],
  );
