import { Module, type DynamicModule } from '@nestjs/common';
import { InferenceRuntime, type RuntimeObserver, type RuntimeOptions } from '@parlance/onnx';
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
import { TracedRuntime } from './traced-runtime.js';

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
            new TracedRuntime({ ...options.runtime, models: WHISPER_MODELS }, options.observer),
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
