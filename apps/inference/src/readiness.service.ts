import { Injectable } from '@nestjs/common';
import { PROTOCOLS } from '@parlance/contracts';
import { InferenceRuntime } from '@parlance/onnx';
import { HealthStatus } from '@parlance/rpc';
import { AdmissionService } from './admission/admission.service.js';
import { ModelRegistry } from './registry/model-registry.service.js';

const SERVICES = [
  '',
  ...[PROTOCOLS.voice, PROTOCOLS.inference].map((name) => `${name.package}.${name.service}`),
];

/** Whether this process takes work: over gRPC health checking and for the HTTP probe. */
@Injectable()
export class ReadinessService {
  private isOpen = false;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly health: HealthStatus,
    private readonly runtime: InferenceRuntime,
    private readonly admission: AdmissionService,
  ) {}

  /** Models are loaded and warm, capacity is known. */
  open(): void {
    this.set(true);
  }

  /** Draining. */
  close(): void {
    this.set(false);
  }

  get isReady(): boolean {
    return this.isOpen && this.registry.isReady;
  }

  /** A text is a condition to know of that keeps nothing from working. */
  parts(): Record<string, boolean | string> {
    return {
      models: this.registry.isReady,
      accepting: this.isOpen,
      ...this.liveStreams(),
      ...(this.runtime.isFallenBack ? { provider: 'cpu: cuda was asked for and cannot be had' } : {}),
    };
  }

  /** How many live streams this process holds, by model. */
  private liveStreams(): Record<string, string> {
    const capacities = [...this.admission.liveCapacities];
    return Object.fromEntries(
      capacities.map(([model, streams]) => [`live_streams:${model}`, String(streams)]),
    );
  }

  private set(isOpen: boolean): void {
    this.isOpen = isOpen;
    for (const service of SERVICES) this.health.set(service, isOpen);
  }
}
