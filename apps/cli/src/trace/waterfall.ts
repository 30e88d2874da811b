import type { SpanTags, StoredSpan } from './jaeger.client.js';
import type { PlacedSpan } from './turn-spans.js';

const SERVICE_WIDTH = 12;
const NAME_WIDTH = 44;
const TIME_WIDTH = 9;
const LEAST_BAR = 20;

const STAGE = /^parlance\.stage\.(.+)_ms$/;

/** A turn's spans as lines for a terminal: service, name, when it ran, how long it took, and what the span says of itself.
 *  @param columns  of the terminal */
export function waterfall(placed: readonly PlacedSpan[], columns: number): string[] {
  const first = Math.min(...placed.map(({ span }) => span.startUs));
  const last = Math.max(...placed.map(({ span }) => span.startUs + span.durationUs));
  const width = Math.max(LEAST_BAR, columns - SERVICE_WIDTH - NAME_WIDTH - TIME_WIDTH - 4);
  return placed.map(({ span, depth }) =>
    [
      cut(span.service.replace(/^parlance-/, ''), SERVICE_WIDTH),
      cut(`${'  '.repeat(depth)}${span.name}`, NAME_WIDTH),
      bar(span, { first, lastsUs: Math.max(1, last - first), width }),
      milliseconds(span.durationUs).padStart(TIME_WIDTH),
      notesOf(span),
    ]
      .join(' ')
      .trimEnd(),
  );
}

/** The line above a waterfall. */
export function waterfallHeading(turn: string, spans: readonly StoredSpan[]): string {
  const first = Math.min(...spans.map(({ startUs }) => startUs));
  const last = Math.max(...spans.map(({ startUs, durationUs }) => startUs + durationUs));
  const traces = [...new Set(spans.map(({ trace }) => trace))];
  const services = new Set(spans.map(({ service }) => service));
  return `turn ${turn}  ${new Date(first / 1_000).toISOString()}  ${milliseconds(last - first)}  ${spans.length} spans of ${services.size} services  trace ${traces.join(', ')}`;
}

interface Scale {
  readonly first: number;
  readonly lastsUs: number;
  readonly width: number;
}

function bar({ startUs, durationUs, tags }: StoredSpan, { first, lastsUs, width }: Scale): string {
  const from = Math.min(width - 1, Math.floor(((startUs - first) / lastsUs) * width));
  const length = Math.min(width - from, Math.max(1, Math.round((durationUs / lastsUs) * width)));
  const mark = isFailed(tags) ? '▒' : '█';
  return `${'·'.repeat(from)}${mark.repeat(length)}${'·'.repeat(width - from - length)}`;
}

function notesOf({ tags, events, links }: StoredSpan): string {
  const model = tags['gen_ai.response.model'] ?? tags['gen_ai.request.model'];
  const tokens = `${tags['gen_ai.usage.input_tokens'] ?? '?'}+${tags['gen_ai.usage.output_tokens'] ?? '?'} tokens`;
  const delivery = Number(tags['parlance.delivery'] ?? 1);
  return [
    isFailed(tags) ? `✗ ${tags['error.type'] ?? 'failed'}` : '',
    model === undefined ? '' : `${model} ${tokens}`,
    delivery > 1 ? `delivery ${delivery}` : '',
    links.length > 0 ? `${links.length} ${links.length === 1 ? 'link' : 'links'}` : '',
    ...events.map(({ tags: fields }) => stages(fields)),
  ]
    .filter((note) => note !== '')
    .join('; ');
}

/** Where the time of a recognition went: `encode 41, decode 18 ms`. */
function stages(fields: SpanTags): string {
  const times = Object.entries(fields).flatMap(([key, ms]) => {
    const stage = STAGE.exec(key)?.[1];
    return stage === undefined || Number(ms) === 0 ? [] : [`${stage} ${ms}`];
  });
  return times.length === 0 ? '' : `${times.join(', ')} ms`;
}

function isFailed(tags: SpanTags): boolean {
  return tags.error === true || tags['otel.status_code'] === 'ERROR';
}

function milliseconds(us: number): string {
  return us < 10_000 ? `${(us / 1_000).toFixed(1)} ms` : `${Math.round(us / 1_000)} ms`;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
