import type { Metadata } from '@grpc/grpc-js';
import type { AdmissionService } from './admission.service.js';

/** Metadata key by which a pod says how full it is: 0 idle, 1 full. */
export const LOAD_KEY = 'parlance-load';
/** How many live streams it holds, once for each model, its name percent-encoded: `whisper-tiny.en=12`. */
export const CAPACITY_KEY = 'parlance-live-capacity';

export function loadMetadata(admission: AdmissionService, metadata: Metadata): Metadata {
  metadata.set(LOAD_KEY, admission.load.toFixed(3));
  // A folder may have a name that no header can carry.
  for (const [model, streams] of admission.liveCapacities)
    metadata.add(CAPACITY_KEY, `${encodeURIComponent(model)}=${streams}`);
  return metadata;
}
