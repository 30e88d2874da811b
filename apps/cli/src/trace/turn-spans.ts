import { IDENTITY_ATTRIBUTES } from '@parlance/contracts';
import type { StoredSpan } from './jaeger.client.js';

/** A span in its place under its parents. */
export interface PlacedSpan {
  readonly span: StoredSpan;
  readonly depth: number;
}

/**
 * The spans of one turn. A live stream has the spans of all its turns in one trace: of those, the ones that say the turn or its
 * utterance, what is below them, and what they are below.
 */
export function spansOf(turn: string, all: readonly StoredSpan[]): StoredSpan[] {
  const { turn: turnTag, utterance: utteranceTag } = IDENTITY_ATTRIBUTES;
  const own = all.filter(({ tags }) => tags[turnTag] === turn);
  const utterances = new Set(own.flatMap(({ tags }) => tags[utteranceTag] ?? []));
  const byId = new Map(all.map((span) => [span.id, span]));
  const chosen = new Set(own);
  for (const span of all) {
    const utterance = span.tags[utteranceTag];
    if (utterance !== undefined && utterances.has(utterance)) chosen.add(span);
  }
  const isOthers = ({ tags }: StoredSpan): boolean =>
    (tags[turnTag] ?? turn) !== turn ||
    (utterances.size > 0 && tags[utteranceTag] !== undefined && !utterances.has(tags[utteranceTag]));
  const roots = new Set(chosen);
  for (const span of all) {
    if (isOthers(span)) continue;
    const above = ancestorsOf(span, byId);
    if (above.some((parent) => roots.has(parent))) chosen.add(span);
  }
  for (const span of [...chosen]) for (const parent of ancestorsOf(span, byId)) chosen.add(parent);
  return [...chosen];
}

/** Spans in the order of a waterfall: each behind its parent, siblings by their start. */
export function inOrder(spans: readonly StoredSpan[]): PlacedSpan[] {
  const ids = new Set(spans.map(({ id }) => id));
  const children = new Map<string | undefined, StoredSpan[]>();
  for (const span of spans) {
    // A parent outside of the platform, such as the client's, is not there.
    const parent = span.parent !== undefined && ids.has(span.parent) ? span.parent : undefined;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const placed: PlacedSpan[] = [];
  const append = (parent: string | undefined, depth: number): void => {
    const below = (children.get(parent) ?? []).sort((one, other) => one.startUs - other.startUs);
    for (const span of below) {
      placed.push({ span, depth });
      append(span.id, depth + 1);
    }
  };
  append(undefined, 0);
  return placed;
}

function ancestorsOf(span: StoredSpan, byId: ReadonlyMap<string, StoredSpan>): StoredSpan[] {
  const above: StoredSpan[] = [];
  let parent = span.parent === undefined ? undefined : byId.get(span.parent);
  while (parent && !above.includes(parent)) {
    above.push(parent);
    parent = parent.parent === undefined ? undefined : byId.get(parent.parent);
  }
  return above;
}
