import { describe, expect, it } from '@jest/globals';
import { faultsOfFields } from './field-faults.js';

const NAMES = ['title', 'goals', 'roles.coach', 'rubric.weights'];

describe('what the platform refuses of a form', () => {
  it('stands at the field that it is about, also where it is about a part of it', () => {
    const message = 'title: must not be empty; goals.0.goal: is too long; roles.coach: is needed';
    expect(faultsOfFields(message, NAMES)).toEqual({
      fields: { title: 'must not be empty', goals: 'is too long', 'roles.coach': 'is needed' },
      rest: '',
    });
  });

  it('is told as a whole where it is about no field of the form', () => {
    expect(faultsOfFields('There is an entry of this code already.', NAMES).rest).toBe(
      'There is an entry of this code already.',
    );
    expect(faultsOfFields('mode: there is none; title: is needed', NAMES)).toEqual({
      fields: { title: 'is needed' },
      rest: 'mode: there is none',
    });
  });

  it('keeps several faults of a field, and semicolons of a rule', () => {
    const message = 'rubric.weights: must add up to 1; not less; rubric.weights.grammar: is too small';
    expect(faultsOfFields(message, NAMES).fields).toEqual({
      'rubric.weights': 'must add up to 1; not less; is too small',
    });
  });
});
