/** The API group of the platform's resources, and the version that is stored. */
export const GROUP = 'parlance.dev';
export const VERSION = 'v1alpha1';

/** The one field manager of everything that the operator applies. */
export const FIELD_MANAGER = 'parlance-operator';

export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  model: `${GROUP}/model`,
  voice: `${GROUP}/voice`,
  cache: `${GROUP}/cache`,
  revision: `${GROUP}/revision`,
  /** `true` on pods that get new streams. */
  routed: `${GROUP}/routed`,
  /** Per cent of new streams, on the Service of a revision and so on its EndpointSlices. */
  weight: `${GROUP}/weight`,
} as const;

export const ANNOTATIONS = {
  /** Digest of what was applied last: fields that are no longer wanted are found by it. */
  applied: `${GROUP}/applied`,
  /** When somebody last asked for a model that has no pod. */
  wantedAt: `${GROUP}/wanted-at`,
  deletionCost: 'controller.kubernetes.io/pod-deletion-cost',
} as const;

export const CACHE_FINALIZER = `${GROUP}/cache`;
