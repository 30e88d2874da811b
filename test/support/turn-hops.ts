import type { CollectedSpan, SpanCollector } from './span-collector.js';

/** Spans that every turn with a reply has, as SERVICE NAME; the language model is called `large`. */
export const REPLIED = [
  /^gateway turn\.take$/,
  /^gateway publish parlance\.turn\.transcribed$/,
  /^conversation process parlance\.turn\.transcribed$/,
  /^conversation chat large$/,
  /^conversation publish parlance\.event\.reply\.sentence$/,
  /^conversation publish parlance\.reply\.sentence$/,
  /^conversation publish parlance\.event\.turn\.replied$/,
  /^tts process parlance\.reply\.sentence$/,
  /^tts publish parlance\.event\.speech\.ready$/,
];
/** What a recording adds that is sent over HTTP, and a live utterance. */
export const BY_HTTP = [
  /^gateway POST \/api\/v1\/turns$/,
  /^gateway recognition$/,
  /^inference speech\.stream$/,
];
export const LIVE = [/^inference speech\.stream$/, /^inference speech\.utterance$/];
export const DELIVERED = [/^gateway deliver turn\.replied$/, /^gateway deliver speech\.ready$/];

export const hopOf = ({ service, name }: CollectedSpan): string =>
  `${service.replace('parlance-', '')} ${name}`;

/** The spans of the trace that a turn is in. */
export function spansOfTurn({ spans }: SpanCollector, turn: string): readonly CollectedSpan[] {
  const own = spans.find(({ attributes }) => attributes['parlance.turn.id'] === turn);
  return spans.filter(({ traceId }) => traceId === own?.traceId);
}

/** Those of the hops that the trace of a turn has not. */
export function missingHops(
  collector: SpanCollector,
  turn: string,
  hops: readonly RegExp[],
): readonly string[] {
  const inTrace = spansOfTurn(collector, turn).map(hopOf);
  return hops.filter((hop) => !inTrace.some((name) => hop.test(name))).map(String);
}
