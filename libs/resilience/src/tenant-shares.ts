/** Part of a limit that one tenant may hold while others use the service too. */
const SHARE = 0.75;
/** So long after it last asked, a tenant counts as one that uses the service. */
const REMEMBERED_MS = 10 * 60_000;
/** Parts of capacities are sums of fractions. */
const ROUNDING = 1e-9;

/** What each tenant holds of one limit. A tenant that is alone may hold all of it; beside others three quarters, so that
 *  they find room at once, whatever it asks for. Callers that name no tenant are one. */
export class TenantShares {
  private readonly held = new Map<string, number>();
  private readonly askedAt = new Map<string, number>();

  /** @param limit  of all tenants together @param now  milliseconds of a clock that only goes forward */
  constructor(
    public limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  heldBy(tenant: string): number {
    return this.held.get(tenant) ?? 0;
  }

  /** Notes that the tenant asks. @returns whether it may hold `amount` more; its first amount it always may */
  mayHold(tenant: string, amount: number): boolean {
    const now = this.now();
    this.askedAt.set(tenant, now);
    for (const [other, at] of this.askedAt) if (now - at > REMEMBERED_MS) this.askedAt.delete(other);
    const held = this.heldBy(tenant);
    if (held === 0 || this.askedAt.size === 1) return true;
    return held + amount <= this.limit * SHARE + ROUNDING;
  }

  hold(tenant: string, amount: number): void {
    this.held.set(tenant, this.heldBy(tenant) + amount);
  }

  giveBack(tenant: string, amount: number): void {
    const left = this.heldBy(tenant) - amount;
    if (left > ROUNDING) this.held.set(tenant, left);
    else this.held.delete(tenant);
  }
}
