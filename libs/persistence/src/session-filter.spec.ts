import { describe, expect, it } from '@jest/globals';
import { sessionFilter } from './session-filter.js';
import { sessionSchema } from './session.schema.js';
import { turnSchema } from './turn.schema.js';

/** The fields of each declared index, in order. */
const indexes = (schema: { indexes(): readonly (readonly [object, object])[] }): string[] =>
  schema.indexes().map(([fields]) => Object.keys(fields).join(' '));

describe('the filter of a page of sessions', () => {
  it.each([
    ['nothing', {}],
    ['a user', { user: 'ada' }],
    ['a status', { status: 'ended' }],
    ['a state', { state: 'expired' }],
    ['a mode', { mode: 'grammar' }],
    ['a language', { language: 'es' }],
  ] as const)('by %s has an index in the order of the page', (_name, part) => {
    const filter = sessionFilter('acme', { ...part, before: 'b', since: 'a', limit: 10 });
    const [tenant, ...fields] = Object.keys(filter).filter((name) => name !== 'expired');
    expect([tenant, fields.at(-1)]).toEqual(['tenant', '_id']);
    expect(indexes(sessionSchema)).toContain([tenant, ...fields].join(' '));
  });

  it('never leaves the tenant out, and finds modes under their names of earlier releases', () => {
    expect(sessionFilter('acme', { limit: 1 })).toEqual({ tenant: 'acme' });
    expect(sessionFilter('acme', { mode: 'grammar', limit: 1 })).toEqual({
      tenant: 'acme',
      'context.mode': { $in: ['grammar', 'correction'] },
    });
    expect(sessionFilter('acme', { mode: 'conversation', limit: 1 })).toMatchObject({
      'context.mode': { $in: ['conversation', 'role-play', null] },
    });
  });
});

describe('the turns of a tenant', () => {
  it('have an index by the total of their evaluation', () => {
    expect(indexes(turnSchema)).toContain('tenant evaluation.total _id');
  });
});
