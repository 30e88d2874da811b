import { Module, type DynamicModule } from '@nestjs/common';
import {
  InferenceRuntime,
  type JobCost,
  type RunOptions,
  type RuntimeObserver,
  type RuntimeOptions,
} from '@parlance/onnx';
import { SCORING_MODELS } from '@parlance/scoring';
import { activeSpan, identityIn, type Span } from '@parlance/telemetry';
import { TURN_MODELS } from '@parlance/vad';
import {
  type RecognizerOptions,
  UtteranceRecognizer,
  WHISPER_MODELS,
  WhisperRecognizer,
} from '@parlance/whisper';
import { ModelCatalog, type CatalogOptions } from './registry/model-catalog.js';
import {
  ModelRegistry,
  type RegistryObserver,
  type RegistryOptions,
} from './registry/model-registry.service.js';

/** The runtime of a service: jobs belong to the tenant of the call being served, and to its span. */
class TracedRuntime extends InferenceRuntime {
  /** What the job cost, stage by stage, becomes an event of the span that is active now. */
  override run<T>(model: string, operation: string, payload: unknown, options: RunOptions): Promise<T> {
    const span = activeSpan();
    const isRecorded = this.laneOf(model) === 'recognition';
    const spent = (cost: JobCost): void => {
      // A cancelled call has ended its span; the signal lane's runs are too many and too small to record.
      if (isRecorded && span?.isRecording()) {
        span.addEvent('inference.stages', stageAttributes(operation, cost));
        span.addLinks(batchLinks(cost));
      }
      options.spent?.(cost);
    };
    const tenant = options.tenant ?? identityIn().tenant;
    const label = isRecorded && span?.isRecording() ? labelOf(span) : undefined;
    return super.run<T>(model, operation, payload, { ...options, tenant, label, spent });
  }
}

function stageAttributes(operation: string, { stages }: JobCost): Record<string, string | number> {
  const times = Object.entries(stages).map(([stage, ms]) => [`parlance.stage.${stage}_ms`, Math.round(ms)]);
  return { 'parlance.operation': operation, ...Object.fromEntries(times) };
}

/** By which the other members of its batches know a span. */
function labelOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `${traceId} ${spanId} ${traceFlags}`;
}

/** Links to the recognitions that were decoded together with this one: each of them made it wait. */
function batchLinks({ companions = [] }: JobCost) {
  return companions.map((label) => {
    const [traceId = '', spanId = '', flags = '0'] = label.split(' ');
    const context = { traceId, spanId, traceFlags: Number(flags) };
    return { context, attributes: { 'parlance.link': 'batch' } };
  });
}

/** What recognition needs to know; main reads it from the configuration. */
export interface RecognitionOptions {
  readonly runtime: RuntimeOptions;
  readonly catalog: CatalogOptions;
  readonly registry: RegistryOptions;
  readonly recognizer: RecognizerOptions;
  /** Where metrics and logs listen in. */
  readonly observer?: RuntimeObserver & RegistryObserver;
}

/** Models, the threads they run in, and speech recognition over them. The app starts `ModelRegistry.preload()` and ends with `InferenceRuntime.stop()`. */
@Module({})
export class RecognitionModule {
  static with(options: RecognitionOptions): DynamicModule {
    return {
      module: RecognitionModule,
      providers: [
        {
          provide: InferenceRuntime,
          useFactory: () =>
            new TracedRuntime(
              { ...options.runtime, models: [WHISPER_MODELS, TURN_MODELS, SCORING_MODELS] },
              options.observer,
            ),
        },
        {
          provide: ModelRegistry,
          useFactory: (runtime: InferenceRuntime) =>
            new ModelRegistry(runtime, new ModelCatalog(options.catalog), options.registry, options.observer),
          inject: [InferenceRuntime],
        },
        {
          provide: WhisperRecognizer,
          useFactory: (runtime: InferenceRuntime, registry: ModelRegistry) =>
            new WhisperRecognizer(runtime, registry, options.recognizer),
          inject: [InferenceRuntime, ModelRegistry],
        },
        {
          provide: UtteranceRecognizer,
          useFactory: (runtime: InferenceRuntime, registry: ModelRegistry) =>
            new UtteranceRecognizer(runtime, registry),
          inject: [InferenceRuntime, ModelRegistry],
        },
      ],
      exports: [InferenceRuntime, ModelRegistry, WhisperRecognizer, UtteranceRecognizer],
    };
  }
}
