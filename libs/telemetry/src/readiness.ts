import { withDeadline } from '@parlance/resilience';

type PartState = boolean | string;

/** What the process needs to take work: each part by name, true when it is there, a text where it is there with a limitation. */
export type ReadinessParts = Readonly<Record<string, PartState | Promise<PartState>>>;

/** What a service says of its readiness; asked at every probe. */
export abstract class Readiness {
  abstract parts(): ReadinessParts;
}

/** A part that does not answer for so long is not there: a probe itself waits about a second. */
const PART_LIMIT_MS = 700;

/** An answer to a readiness probe. */
export interface ReadinessAnswer {
  readonly status: 200 | 503;
  readonly body: { readonly status: string; readonly parts: Readonly<Record<string, PartState>> };
}

/** Asks all parts at once, and says 200 where each of them is there. */
export async function askReadiness(readiness: Readiness): Promise<ReadinessAnswer> {
  const asked = Object.entries(readiness.parts()).map(async ([name, state]) => {
    const answer = withDeadline<PartState>(PART_LIMIT_MS, state, () => false);
    return [name, await answer.catch(() => false)] as const;
  });
  const parts = Object.fromEntries(await Promise.all(asked));
  const isReady = Object.values(parts).every(Boolean);
  return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not ready', parts } };
}
