import {
  usageId,
  type OpenChange,
  type OpenCount,
  type UsageAddition,
  type UsageCounts,
  type UsageMark,
  type UsageName,
  type UsageRepository,
  type UsageState,
} from '@parlance/persistence';

interface Row {
  readonly counts: Record<string, number>;
  readonly applied: Record<string, number>;
  readonly open: Record<string, OpenCount>;
}

/** What UsageRepository does, in memory, failing on command. */
export class UsageRows {
  readonly rows = new Map<string, Row>();
  /** Nothing arrives and nothing is answered. */
  isAway = false;
  /** What arrives is done, and the answer is lost. */
  losesAnswers = false;
  additions = 0;

  async add(writer: string, additions: readonly UsageAddition[]): Promise<void> {
    this.refuseAway();
    for (const { name, counts, sequence } of additions) {
      const row = this.rowOf(name);
      if (row.applied[writer] === sequence) continue;
      row.applied[writer] = sequence;
      this.additions += 1;
      for (const [what, by] of Object.entries(counts)) row.counts[what] = (row.counts[what] ?? 0) + by;
    }
    if (this.losesAnswers) throw new Error('the answer was lost');
  }

  async setOpen(writer: string, changes: readonly OpenChange[]): Promise<void> {
    this.refuseAway();
    for (const { name, count, until, gone } of changes) {
      const row = this.rowOf(name);
      for (const each of [...gone, writer]) delete row.open[each];
      if (count > 0) row.open[writer] = { count, until };
    }
  }

  async forget(marks: readonly UsageMark[]): Promise<void> {
    this.refuseAway();
    for (const { name, writer, sequence } of marks) {
      const { applied } = this.rowOf(name);
      if (applied[writer] === sequence) delete applied[writer];
    }
  }

  async read(names: readonly UsageName[]) {
    this.refuseAway();
    return new Map(
      names.flatMap((name): [string, UsageState][] => {
        const row = this.rows.get(usageId(name));
        if (!row) return [];
        const { counts, applied, open } = row;
        return [[usageId(name), { counts: { ...counts }, applied: { ...applied }, open: { ...open } }]];
      }),
    );
  }

  /** How many processes a row has marks of. */
  marksOf(name: UsageName): number {
    return Object.keys(this.rows.get(usageId(name))?.applied ?? {}).length;
  }

  countsOf(name: UsageName): UsageCounts | undefined {
    return this.rows.get(usageId(name))?.counts;
  }

  get repository(): UsageRepository {
    return this as unknown as UsageRepository;
  }

  private rowOf(name: UsageName): Row {
    const row = this.rows.get(usageId(name)) ?? { counts: {}, applied: {}, open: {} };
    this.rows.set(usageId(name), row);
    return row;
  }

  private refuseAway(): void {
    if (this.isAway) throw new Error('the store is away');
  }
}
