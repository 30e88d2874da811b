export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** What is said of an object; when it began to be so follows from what was said before. */
export type Finding = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** @param before  the conditions that the object has
 *  @param generation  of the object that the findings are about
 *  @returns the findings as conditions, each with the time since when its status is what it is */
export function conditionsOf(
  findings: readonly Finding[],
  before: readonly Condition[],
  generation: number,
  now: Date,
): Condition[] {
  return findings.map((finding) => {
    const old = before.find(({ type }) => type === finding.type);
    return {
      ...finding,
      observedGeneration: generation,
      lastTransitionTime:
        old?.status === finding.status ? old.lastTransitionTime : now.toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  });
}

/** @returns the conditions that a status holds */
export function conditionsIn(status: unknown): readonly Condition[] {
  return ((status ?? {}) as { readonly conditions?: readonly Condition[] }).conditions ?? [];
}
