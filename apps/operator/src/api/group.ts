import { TRAFFIC_LABELS } from '@parlance/contracts';

/** The API group of the platform's resources, and the version that is stored. */
export const GROUP = 'parlance.dev';
export const VERSION = 'v1alpha1';

/** The one field manager of everything that the operator applies. */
export const FIELD_MANAGER = 'parlance-operator';

/** `weight` is on the Service of a revision and so on its EndpointSlices, by which gateways share new streams. */
export const LABELS = {
  ...TRAFFIC_LABELS,
  managedBy: 'app.kubernetes.io/managed-by',
  voice: `${GROUP}/voice`,
  cache: `${GROUP}/cache`,
  /** `true` on pods that get new streams. */
  routed: `${GROUP}/routed`,
} as const;

export const ANNOTATIONS = {
  /** Digest of what was applied last: fields that are no longer wanted are found by it. */
  applied: `${GROUP}/applied`,
  /** When somebody last asked for a model that has no pod. */
  wantedAt: `${GROUP}/wanted-at`,
  deletionCost: 'controller.kubernetes.io/pod-deletion-cost',
} as const;

export const CACHE_FINALIZER = `${GROUP}/cache`;
