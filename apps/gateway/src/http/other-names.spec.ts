import { describe, expect, it } from '@jest/globals';
import { byNames } from './other-names.js';

const NAMES = { mode_code: 'mode', language: 'languages' };

describe('what has another name', () => {
  it('is read by the name of the schema, and all else stays', () => {
    expect(byNames({ mode_code: 'grammar', level: 'A1' }, NAMES)).toEqual({ mode: 'grammar', level: 'A1' });
  });

  it('is refused with both of its names', () => {
    expect(() => byNames({ mode_code: 'grammar', mode: 'reading' }, NAMES)).toThrow(
      'mode_code: is another name of mode, give one of them',
    );
  });

  it('keeps a prototype as a field, for the schema to refuse', () => {
    const body: unknown = JSON.parse('{"__proto__":{"x":1},"mode_code":"grammar"}');
    expect(Object.keys(byNames(body, NAMES) as object)).toEqual(['__proto__', 'mode']);
  });

  it.each([[[]], [null], ['text'], [undefined]])('is looked for in no %j', (body) => {
    expect(byNames(body, NAMES)).toBe(body);
  });
});
