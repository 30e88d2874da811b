import { z } from 'zod';
import { AppError } from '@parlance/errors';

/** One event of the Wyoming protocol, as it came. */
export interface WyomingEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Empty where the event has none. */
  readonly payload: Buffer;
}

/** What one event may have, bytes. */
export interface WyomingFrameLimits {
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly payloadBytes: number;
}

export const WYOMING_FRAME_LIMITS: WyomingFrameLimits = {
  headerBytes: 64 * 1024,
  dataBytes: 256 * 1024,
  payloadBytes: 4 * 1024 ** 2,
};

const NEWLINE = 10;
const FIRST_BYTES = 4 * 1024;
const NOTHING = Buffer.alloc(0);

const lengthSchema = z
  .int()
  .nonnegative()
  .nullish()
  .transform((length) => length ?? 0);
const dataSchema = z.record(z.string(), z.unknown());
const headerSchema = z.object({
  type: z.string().min(1).max(100),
  data: dataSchema.nullish(),
  data_length: lengthSchema,
  payload_length: lengthSchema,
});
type Header = z.infer<typeof headerSchema>;

/** Reads events from a byte stream that is cut anywhere. An event that is too large is refused before its bytes are kept. */
export class WyomingReader {
  private header: Header | undefined;
  private buffer = NOTHING;
  private filled = 0;

  constructor(private readonly limits: WyomingFrameLimits = WYOMING_FRAME_LIMITS) {}

  /** Whether an event has begun and is not complete. */
  get isMidEvent(): boolean {
    return this.header !== undefined || this.filled > 0;
  }

  /** Events that these bytes complete, one at a time: the rest is read when the next one is asked for.
   *  @throws AppError request.invalid, request.too_large; nothing can be read afterwards */
  *push(bytes: Buffer): Generator<WyomingEvent> {
    let rest = bytes;
    while (rest.length > 0) {
      if (!this.header) {
        const end = rest.indexOf(NEWLINE);
        const line = end < 0 ? rest : rest.subarray(0, end);
        refuseLonger('The header line', this.filled + line.length, this.limits.headerBytes);
        this.keep(line, this.limits.headerBytes);
        if (end < 0) return;
        rest = rest.subarray(end + 1);
        this.header = this.readHeader(this.kept());
      }
      const wanted = this.header.data_length + this.header.payload_length;
      const part = rest.subarray(0, wanted - this.filled);
      this.keep(part, wanted);
      rest = rest.subarray(part.length);
      if (this.filled < wanted) return;
      const { header } = this;
      this.header = undefined;
      yield eventOf(header, this.kept());
    }
  }

  private readHeader(line: Buffer): Header {
    const parsed = headerSchema.safeParse(jsonOf(line, 'The header line'));
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new AppError('request.invalid', `The header line is no event: ${path.join('.')}: ${message}`);
    }
    refuseLonger('data_length', parsed.data.data_length, this.limits.dataBytes);
    refuseLonger('payload_length', parsed.data.payload_length, this.limits.payloadBytes);
    return parsed.data;
  }

  /** The buffer grows with what comes, not by what is announced. */
  private keep(bytes: Buffer, most: number): void {
    const needed = this.filled + bytes.length;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(needed, Math.min(most, Math.max(FIRST_BYTES, this.buffer.length * 2))),
      );
      this.buffer.copy(larger, 0, 0, this.filled);
      this.buffer = larger;
    }
    bytes.copy(this.buffer, this.filled);
    this.filled = needed;
  }

  private kept(): Buffer {
    const kept = this.buffer.subarray(0, this.filled);
    this.buffer = NOTHING;
    this.filled = 0;
    return kept;
  }
}

/** An event as bytes. */
export function wyomingFrame(
  type: string,
  data: Readonly<Record<string, unknown>> = {},
  payload: Uint8Array = NOTHING,
): Buffer {
  const json = Object.keys(data).length > 0 ? Buffer.from(JSON.stringify(data)) : NOTHING;
  const header = {
    type,
    ...(json.length > 0 ? { data_length: json.length } : {}),
    ...(payload.length > 0 ? { payload_length: payload.length } : {}),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), json, payload]);
}

/** Data behind the header goes over data inside it. */
function eventOf({ type, data, data_length: length }: Header, body: Buffer): WyomingEvent {
  const more = length > 0 ? dataSchema.safeParse(jsonOf(body.subarray(0, length), 'The data')) : undefined;
  if (more?.success === false)
    throw new AppError('request.invalid', `The data of ${type} is no JSON object.`);
  return { type, data: { ...data, ...more?.data }, payload: body.subarray(length) };
}

function jsonOf(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new AppError('request.invalid', `${what} is no JSON.`);
  }
}

function refuseLonger(what: string, bytes: number, most: number): void {
  if (bytes > most) throw new AppError('request.too_large', `${what} is longer than ${most} bytes.`);
}
