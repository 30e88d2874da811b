import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import {
  ACCESS_REPOSITORIES,
  PLATFORM_REPOSITORIES,
  PRIVACY_REPOSITORIES,
  TELEGRAM_REPOSITORIES,
  UsageRepository,
  type LearnerData,
} from '@parlance/persistence';
import { LEARNER_DATA, NOT_ABOUT_LEARNERS } from './learner-registry.js';

/** Fields by which a document is somebody's. */
const PERSONAL = /^(user|learner|account|owner|session|onlyActiveOf|participant|member|email)(Id|s)?$/i;

interface AnySchema {
  readonly paths: Readonly<Record<string, unknown>>;
  get(option: 'collection'): string;
}

/** Each collection that a repository uses, with its fields. */
function collectionsOf(types: readonly Type[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const model = (_: string, schema: AnySchema): void =>
    void found.set(schema.get('collection'), Object.keys(schema.paths));
  for (const Repository of types) new Repository({ raw: { model } });
  return found;
}

/** As its class says, without what it depends on. */
const partOf = (type: Type<LearnerData>): LearnerData => new type({ raw: { model: () => undefined } });

describe('the registry of what is kept about learners', () => {
  const collections = collectionsOf([
    ...PLATFORM_REPOSITORIES,
    ...ACCESS_REPOSITORIES,
    ...PRIVACY_REPOSITORIES,
    ...TELEGRAM_REPOSITORIES,
    UsageRepository,
  ]);
  const parts = LEARNER_DATA.map(partOf);
  const answered = parts.flatMap((part) => part.collections);
  const excepted = Object.keys(NOT_ABOUT_LEARNERS);

  it('answers for every collection whose documents are somebody’s', () => {
    const personal = [...collections].filter(([, fields]) => fields.some((name) => PERSONAL.test(name)));
    const names = personal.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['sessions', 'turns', 'accounts', 'consents', 'speech']));
    expect(names.filter((name) => ![...answered, ...excepted].includes(name))).toEqual([]);
  });

  it('names no collection that there is not, and none twice', () => {
    const named = [...answered, ...excepted];
    expect(named.filter((name) => !collections.has(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });

  it('has a name of its own for each part, by which its file and its count are known', () => {
    expect(new Set(parts.map(({ part }) => part)).size).toBe(parts.length);
    for (const { part } of parts) expect(part).toMatch(/^[a-z][a-z-]+$/);
  });
});
