import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';
import { IDENTITY_ATTRIBUTES, type RequestIdentity } from '@parlance/contracts';
import { isAppError, toAppError } from '@parlance/errors';

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Where the span hangs; by default under the active one. */
  readonly parent?: Context;
  readonly identity?: Partial<RequestIdentity>;
  /** What else it belongs to, such as the message that it handles once more. */
  readonly links?: readonly Link[];
}

const tracer = () => trace.getTracer('parlance');

/** Runs `work` in a span that ends with it; a fault is recorded by its code, never by its cause's text. */
export async function withSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = withIdentity(options.parent ?? context.active(), options.identity);
  const span = startSpan(name, { ...options, parent });
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** A span whose end the caller decides: for streams and sockets. */
export function startSpan(name: string, options: SpanOptions = {}): Span {
  const parent = options.parent ?? context.active();
  const identity = { ...identityIn(parent), ...options.identity };
  return tracer().startSpan(
    name,
    {
      kind: options.kind ?? SpanKind.INTERNAL,
      ...(options.links ? { links: [...options.links] } : {}),
      attributes: { ...identityAttributes(identity), ...options.attributes },
    },
    parent,
  );
}

/** Marks a span as failed with the fault's stable code. */
export function failSpan(span: Span, error: unknown): void {
  const fault = toAppError(error);
  span.setAttribute('error.type', fault.code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: isAppError(error) ? fault.message : fault.code });
}

/** The context to run a stream's callbacks in, so that their logs and calls belong to its span. */
export function contextOf(
  span: Span,
  identity?: Partial<RequestIdentity>,
  parent: Context = context.active(),
): Context {
  return trace.setSpan(withIdentity(parent, identity), span);
}

/** Writes W3C trace context into string headers (gRPC metadata, NATS headers, HTTP). */
export function injectTrace(
  carrier: Record<string, string> = {},
  from: Context = context.active(),
): Record<string, string> {
  propagation.inject(from, carrier);
  return carrier;
}

/** Reads W3C trace context from string headers; without one, a new trace begins. */
export function extractTrace(carrier: Readonly<Record<string, string | undefined>>): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}

/** Links to the span that a context is in: of another attempt, or of a session's trace. */
export function linksTo(from: Context, attributes: Attributes = {}): Link[] {
  const span = trace.getSpanContext(from);
  return span ? [{ context: span, attributes }] : [];
}

/** The span that work started now belongs to. */
export function activeSpan(): Span | undefined {
  return trace.getSpan(context.active());
}

export function activeTraceId(): string | undefined {
  return trace.getSpan(context.active())?.spanContext().traceId;
}

/** The trace of the active span, where that span is recorded: a sampler may have left it out. */
export function recordedTraceId(): string | undefined {
  const active = activeSpan()?.spanContext();
  return active && active.traceFlags & TraceFlags.SAMPLED ? active.traceId : undefined;
}

const IDENTITY = Symbol.for('parlance.identity');

/** A context that carries the identity to spans and log lines below it. */
export function withIdentity(parent: Context, identity?: Partial<RequestIdentity>): Context {
  if (!identity) return parent;
  return parent.setValue(IDENTITY, { ...identityIn(parent), ...identity });
}

export function identityIn(from: Context = context.active()): Partial<RequestIdentity> {
  return (from.getValue(IDENTITY) as Partial<RequestIdentity> | undefined) ?? {};
}

function identityAttributes(identity: Partial<RequestIdentity>): Attributes {
  return Object.fromEntries(
    Object.entries(identity)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [IDENTITY_ATTRIBUTES[field as keyof RequestIdentity], value]),
  );
}

export { SpanKind, type Context, type Span };
export const runIn = <T>(within: Context, work: () => T): T => context.with(within, work);
