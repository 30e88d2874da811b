/** After so long, what a tenant used counts half. */
const HALF_LIFE_MS = 10_000;
/** Less is forgotten. */
const FORGOTTEN_MS = 1;

interface Use {
  readonly ms: number;
  /** When it was so much. */
  readonly at: number;
}

/** How much of something each tenant had of late. */
export class TenantUse {
  private readonly uses = new Map<string, Use>();

  /** @param now  milliseconds */
  constructor(private readonly now: () => number) {}

  note(tenant: string, ms: number): void {
    const used = this.of(tenant) + ms;
    for (const other of this.uses.keys()) if (this.of(other) < FORGOTTEN_MS) this.uses.delete(other);
    this.uses.set(tenant, { ms: used, at: this.now() });
  }

  /** Milliseconds, the longer ago the less. */
  of(tenant: string): number {
    const use = this.uses.get(tenant);
    return use ? use.ms * 2 ** ((use.at - this.now()) / HALF_LIFE_MS) : 0;
  }
}
