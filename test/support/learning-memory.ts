import {
  learningConflict,
  learningNotFound,
  type LearningKind,
  type LearningRecord,
  type LearningRepository,
  type RankedLearningRepository,
} from '@parlance/persistence';
import { AppError } from '@parlance/errors';

type Stored = LearningRecord<LearningKind> & {
  readonly tenant: string;
  readonly kind: string;
  readonly key?: string;
};
type Values = Readonly<Record<string, unknown>>;
interface RankedPage {
  readonly order: string;
  readonly after?: { readonly rank: number; readonly id: string };
  readonly limit: number;
}

/** Records of learning in memory, for tests of what is built on them: the repository itself is tested on a store. */
export class LearningMemory {
  readonly records = new Map<string, Stored>();
  /** Runs before each write of a change, as a rival that comes first. */
  beforeUpdate: () => Promise<void> | void = () => undefined;

  get repository(): LearningRepository {
    return this as unknown as LearningRepository;
  }

  /** The same records by rank. Counts what is read of them. */
  get ranked(): RankedLearningRepository {
    return {
      page: this.rankedPage.bind(this),
      lines: this.rankedLines.bind(this),
      countAbove: this.countAbove.bind(this),
    } as unknown as RankedLearningRepository;
  }

  async create(
    tenant: string,
    kind: string,
    { key, ...rest }: Values & { id: string; key?: string },
    now = new Date(),
  ) {
    if (key !== undefined && (await this.findKeyed(tenant, kind, key)))
      throw new AppError('learning.exists', 'There is such an entry already.');
    const record = { ...rest, tenant, kind, key, version: 1, createdAt: now, updatedAt: now };
    this.records.set(rest.id, structuredClone(record) as unknown as Stored);
    return structuredClone(record);
  }

  async find(tenant: string, kind: string, id: string) {
    const found = this.records.get(id);
    if (kind === 'lesson') this.lessonsRead += 1;
    return found && found.tenant === tenant && found.kind === kind ? structuredClone(found) : undefined;
  }

  async findKeyed(tenant: string, kind: string, key: string) {
    return structuredClone(this.all(tenant, kind).find((one) => one.key === key));
  }

  async ensure(tenant: string, kind: string, begin: Values & { id: string; key: string }) {
    return (await this.findKeyed(tenant, kind, begin.key)) ?? (await this.create(tenant, kind, begin));
  }

  async page(
    tenant: string,
    kind: string,
    { user, before, limit }: { user?: string; before?: string; limit: number },
  ) {
    return this.all(tenant, kind)
      .filter((one) => (user === undefined || one.user === user) && (before === undefined || one.id < before))
      .sort((one, other) => (one.id > other.id ? -1 : 1))
      .slice(0, limit);
  }

  async findKeyedWithout(tenant: string, kind: string, key: string, fields: readonly string[]) {
    const found = await this.findKeyed(tenant, kind, key);
    if (!found) return undefined;
    const asked = Object.entries(found.value).filter(([field]) => !fields.includes(field));
    return { ...found, value: Object.fromEntries(asked) };
  }

  async getFor({ tenant, user }: { tenant: string; user?: string }, kind: string, id: string) {
    const found = await this.find(tenant, kind, id);
    if (!found || (user !== undefined && found.user !== undefined && found.user !== user))
      throw learningNotFound();
    return found;
  }

  private lessonsRead = 0;
  private readByRank = 0;

  /** How many lessons, and records and lines by rank, were read until now. */
  reads(): number {
    return this.lessonsRead + this.readByRank;
  }

  private async rankedLines(
    tenant: string,
    kind: string,
    parent: string,
    fields: readonly string[],
    page: RankedPage,
  ) {
    const found = await this.rankedPage(tenant, kind, parent, page);
    return found.map(({ id, user, rank, value }) => ({
      ...{ id, user, rank },
      value: Object.fromEntries(Object.entries(value).filter(([field]) => fields.includes(field))),
    }));
  }

  private async rankedPage(tenant: string, kind: string, parent: string, page: RankedPage) {
    const sign = page.order === 'ascending' ? 1 : -1;
    const compare = (one: Pick<Stored, 'rank' | 'id'>, other: Pick<Stored, 'rank' | 'id'>) =>
      sign * (one.rank! - other.rank! || Number(one.id > other.id) - Number(one.id < other.id));
    const found = this.all(tenant, kind)
      .filter((one) => one.parent === parent && (!page.after || compare(page.after, one) < 0))
      .sort(compare)
      .slice(0, page.limit);
    this.readByRank += found.length;
    return found;
  }

  async due(
    tenant: string,
    kind: string,
    { user, at, limit, not = false }: { user: string; at: Date; limit: number; not?: boolean },
  ) {
    return this.all(tenant, kind)
      .filter((one) => one.user === user && one.dueAt! > at === not)
      .sort((one, other) => one.dueAt!.getTime() - other.dueAt!.getTime())
      .slice(0, limit);
  }

  async countAbove(tenant: string, kind: string, parent: string, rank: number) {
    return this.all(tenant, kind).filter((one) => one.parent === parent && one.rank! > rank).length;
  }

  async countOf(tenant: string, kind: string, of: Values = {}) {
    const names = Object.keys(of) as (keyof Stored)[];
    return this.all(tenant, kind).filter((one) => names.every((name) => one[name] === of[name])).length;
  }

  async update(
    tenant: string,
    kind: string,
    id: string,
    change: (record: Stored) => Values | undefined,
    expected?: number,
  ) {
    for (;;) {
      const before = await this.find(tenant, kind, id);
      if (!before) throw learningNotFound();
      if (expected !== undefined && expected !== before.version) throw learningConflict(before.version);
      const wanted = change(before);
      if (!wanted) return before;
      await this.beforeUpdate();
      if (this.records.get(id)?.version !== before.version) continue;
      const after = { ...before, ...structuredClone(wanted), version: before.version + 1 } as Stored;
      this.records.set(id, after);
      return structuredClone(after);
    }
  }

  async delete(tenant: string, kind: string, id: string) {
    if (!(await this.find(tenant, kind, id))) throw learningNotFound();
    this.records.delete(id);
  }

  private all(tenant: string, kind: string): Stored[] {
    return [...this.records.values()].filter((one) => one.tenant === tenant && one.kind === kind);
  }
}
