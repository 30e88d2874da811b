import { InferenceRuntime, type JobCost, type RunOptions } from '@parlance/onnx';
import { activeSpan, identityIn } from '@parlance/telemetry';

/** The runtime of a service: jobs belong to the tenant of the call being served, and to its span. */
export class TracedRuntime extends InferenceRuntime {
  /** What the job cost, stage by stage, becomes an event of the span that is active now. */
  override run<T>(model: string, operation: string, payload: unknown, options: RunOptions): Promise<T> {
    const span = activeSpan();
    const isTold = this.laneOf(model) === 'recognition';
    const spent = (cost: JobCost): void => {
      // A call that gave up has ended its span; the signal lane's runs are too many and too small to tell of.
      if (isTold && span?.isRecording()) span.addEvent('inference.stages', stageAttributes(operation, cost));
      options.spent?.(cost);
    };
    const tenant = options.tenant ?? identityIn().tenant;
    return super.run<T>(model, operation, payload, { ...options, tenant, spent });
  }
}

function stageAttributes(operation: string, { stages }: JobCost): Record<string, string | number> {
  const times = Object.entries(stages).map(([stage, ms]) => [`parlance.stage.${stage}_ms`, Math.round(ms)]);
  return { 'parlance.operation': operation, ...Object.fromEntries(times) };
}
