import { describe, expect, it } from '@jest/globals';
import { snakeCased } from './snake-case.js';

describe('names in snake_case', () => {
  it('are those of all fields, in lists too; values stay', () => {
    const view = { startMs: 1, words: [{ endMs: 2, text: 'startMs' }], noiseLevelDbfs: null };
    expect(snakeCased(view)).toEqual({
      start_ms: 1,
      words: [{ end_ms: 2, text: 'startMs' }],
      noise_level_dbfs: null,
    });
    expect(snakeCased(null)).toBeNull();
  });
});
