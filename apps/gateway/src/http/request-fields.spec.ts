import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  fieldName,
  fieldValues,
  givenValue,
  onlyValue,
  parseRequest,
  refuseUnknownFields,
} from './request-fields.js';

const form = new Map([
  ['model', ['base']],
  ['prompt', ['']],
  ['task', ['one', 'one']],
  ['languages', ['en', 'es,fr']],
  ['voice', ['joe', 'amy']],
]);

describe('the fields of a form', () => {
  it('have one name however an element of a list is written', () => {
    expect(['list', 'list[]', 'list[12]'].map(fieldName)).toEqual(['list', 'list', 'list']);
  });

  it('have one value, also where it is given twice', () => {
    expect(onlyValue(form, 'task')).toBe('one');
    expect(onlyValue(form, 'absent')).toBeUndefined();
    expect([onlyValue(form, 'prompt'), givenValue(form, 'prompt')]).toEqual(['', undefined]);
  });

  it('are read together, lists with commas; what the form has not is left out', () => {
    const names = ['model', 'prompt', 'languages', 'absent'];
    expect(fieldValues(form, names, new Set(['languages', 'model']))).toEqual({
      model: 'base',
      prompt: '',
      languages: 'en,es,fr',
    });
  });

  it('are refused by their name with several values, or where nobody knows them', () => {
    const message = 'voice: may be given once, it has 2 values.';
    const refusal = { code: 'request.invalid', message, param: 'voice' };
    expect(() => fieldValues(form, ['voice'], new Set())).toThrow(expect.objectContaining(refusal));
    expect(() => refuseUnknownFields(form, new Set(['model', 'prompt', 'task', 'voice']))).toThrow(
      expect.objectContaining({ message: 'languages: is no option here', param: 'languages' }),
    );
  });
});

describe('what may have several forms', () => {
  const goal = z.strictObject({ id: z.string(), words: z.array(z.string().min(2, 'is too short')) });
  const schema = z.strictObject({
    goals: z.array(z.union([goal, z.string().max(5, 'is too long')])),
    at: z.union([z.iso.date(), z.iso.datetime()], { error: 'must be a date or a time' }).optional(),
  });

  it.each([
    [{ goals: [{ id: 'a', words: ['ab', 'c'] }] }, 'goals.0.words.1: is too short', 'goals.0.words.1'],
    [{ goals: ['a', 'abcdef'] }, 'goals.1: is too long', 'goals.1'],
    [{ goals: [{ id: 'a', words: [], stars: 5 }] }, 'stars: is no option here', 'goals.0.stars'],
    [{ goals: [5] }, 'goals.0: Invalid input', 'goals.0'],
    [{ goals: [], at: 'noon' }, 'at: must be a date or a time', 'at'],
    [7, 'body: Invalid input: expected object, received number', undefined],
  ])('is refused by the faults of the form that it has, and its field: %j', (value, message, param) => {
    expect(() => parseRequest(schema, value)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message, param }),
    );
  });
});
