import type { Metadata } from '@grpc/grpc-js';
import type { AdmissionService } from './admission.service.js';

/** Metadata key by which a pod says how full it is: 0 idle, 1 full. */
export const LOAD_KEY = 'parlance-load';

export function loadMetadata(admission: AdmissionService, metadata: Metadata): Metadata {
  metadata.set(LOAD_KEY, admission.load.toFixed(3));
  return metadata;
}
