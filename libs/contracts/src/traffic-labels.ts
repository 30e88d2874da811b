/** Labels by which the operator tells gateways where new streams go. Kubernetes copies them from Services to their EndpointSlices. */
export const TRAFFIC_LABELS = {
  /** The SpeechModel that endpoints belong to; its own Service has the same name. */
  model: 'parlance.dev/model',
  revision: 'parlance.dev/revision',
  /** Per cent of the model's new streams that go to the revision. */
  weight: 'parlance.dev/weight',
} as const;
