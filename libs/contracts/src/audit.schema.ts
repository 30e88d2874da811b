import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { ROLES } from './access.js';
import { tenantSchema, ulidSchema } from './identity.js';

/** Who did something, as far as it is known. */
export const auditActorSchema = z.strictObject({
  /** Role of the key or the account; `platform` for what the platform does by itself, `nobody` before a log-in. */
  role: z.enum([...ROLES, 'platform', 'nobody']),
  /** Id of the stored key, or `configured`. */
  key: z.string().max(100).optional(),
  /** The user's pseudonym, by the tenant's salt: the log names nobody who was erased. */
  subject: z.string().max(100).optional(),
});
export type AuditActor = z.output<typeof auditActorSchema>;

/** What an entry says, before it has its place in the log. Ids and codes alone: no secrets, nothing that people said. */
export const auditEventSchema = z.strictObject({
  id: ulidSchema,
  tenant: tenantSchema,
  at: z.iso.datetime(),
  actor: auditActorSchema,
  /** KIND.WHAT, such as `key.create`. */
  action: z
    .string()
    .regex(/^[a-z_]+\.[a-z_]+$/)
    .max(60),
  /** What it was done to; the pseudonym of a learner. */
  target: z.strictObject({ kind: z.string().max(40), id: z.string().max(200) }).optional(),
  /** Network address of the caller; empty for the platform's own. */
  address: z.string().max(60),
  details: z.record(z.string(), z.union([z.string().max(200), z.number(), z.boolean()])).optional(),
});
export type AuditEvent = z.output<typeof auditEventSchema>;

/** An entry of a tenant's audit log, chained to the one before. */
export const auditEntrySchema = auditEventSchema.extend({
  /** 1 for a tenant's first entry; none is left out. */
  number: z.int().positive(),
  /** `hash` of the entry before; of the first one, 64 zeros. */
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  /** SHA-256 of `previous` and the rest of the entry, in hexadecimal digits. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;

/** What the first entry of a log is chained to. */
export const AUDIT_START = '0'.repeat(64);

/** The entry that says that older ones were removed by the tenant's retention: `details.through` and `details.hash` are of the last one. */
export const AUDIT_TRIMMED = 'audit.trim';

/** The place of an entry that is known from elsewhere. */
export interface AuditHead {
  readonly number: number;
  readonly hash: string;
}

/** An event in its place. The hash is of the canonical JSON (RFC 8785) of all that the entry has beside it. */
export function chainedEntry(event: AuditEvent, after: AuditHead | undefined): AuditEntry {
  const body = { ...event, number: (after?.number ?? 0) + 1, previous: after?.hash ?? AUDIT_START };
  return { ...body, hash: hashOf(body) };
}

function hashOf(body: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256')
    .update(canonicalize(body) ?? '')
    .digest('hex');
}

/** What is wrong with a log, and at which entry. */
export interface AuditFault {
  readonly number: number;
  readonly problem: string;
}

/**
 * Follows a tenant's log from its first entry on, one entry after the other. What it cannot notice is in docs/privacy.md.
 */
export class AuditVerification {
  private last: AuditHead | undefined;
  private tenant: string | undefined;
  private isTrimmedTo: AuditHead | undefined;
  private readonly awaited: Map<number, string>;
  count = 0;

  /** @param known  places that were noted elsewhere: each must be met */
  constructor(known: readonly AuditHead[] = []) {
    this.awaited = new Map(known.map(({ number, hash }) => [number, hash]));
  }

  /** @returns the first fault; undefined where the entry follows the one before */
  push(value: unknown): AuditFault | undefined {
    const number = this.last ? this.last.number + 1 : 1;
    const parsed = auditEntrySchema.safeParse(value);
    if (!parsed.success) return { number, problem: 'is no entry of an audit log' };
    return this.follow(parsed.data);
  }

  /** To be called behind the last entry. */
  end(): AuditFault | undefined {
    const { isTrimmedTo: start } = this;
    if (start)
      return { number: start.number + 1, problem: 'follows entries that no entry says were removed' };
    const [missing] = this.awaited.keys();
    if (missing !== undefined) return { number: missing, problem: 'is known from elsewhere and is missing' };
    return undefined;
  }

  /** Of the last entry that was followed. */
  get head(): AuditHead | undefined {
    return this.last;
  }

  private follow(entry: AuditEntry): AuditFault | undefined {
    const { number, hash, previous, ...event } = entry;
    if (!this.last && number > 1) this.isTrimmedTo = { number: number - 1, hash: previous };
    const before = this.last ?? this.isTrimmedTo;
    this.tenant ??= entry.tenant;
    const fault = (problem: string): AuditFault => ({ number, problem });
    if (number !== (before?.number ?? 0) + 1) return fault(`does not follow entry ${before?.number ?? 0}`);
    if (entry.tenant !== this.tenant) return fault('is of another tenant');
    if (previous !== (before?.hash ?? AUDIT_START)) return fault('is not chained to the entry before');
    if (hash !== hashOf({ ...event, number, previous })) return fault('was changed');
    const known = this.awaited.get(number);
    if (known !== undefined && known !== hash) return fault('is not the one that is known from elsewhere');
    this.awaited.delete(number);
    this.seeTrim(entry);
    this.last = { number, hash };
    this.count += 1;
    return undefined;
  }

  /** A log that does not begin at its beginning has to say so itself, further on. */
  private seeTrim({ action, details }: AuditEntry): void {
    const start = this.isTrimmedTo;
    if (action !== AUDIT_TRIMMED || !start) return;
    if (details?.through === start.number && details.hash === start.hash) this.isTrimmedTo = undefined;
  }
}
