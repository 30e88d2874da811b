/** What is kept about a learner in one place. Whoever keeps something implements it and stands in the gateway's registry
 *  (apps/gateway/src/privacy/learner-registry.ts), which exports and erasures walk. */
export interface LearnerData {
  /** Its name in exports and erasures: `consents`. */
  readonly part: string;
  /** The collections of the document store that it answers for. */
  readonly collections: readonly string[];
  /** What is kept, one after the other, as it is to be told to the learner; never a secret. */
  exportLearner(tenant: string, learner: string): AsyncIterable<object>;
  /** Removes everything; nothing the second time. @returns how much there was */
  eraseLearner(tenant: string, learner: string): Promise<number>;
}
