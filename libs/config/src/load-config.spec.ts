import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { duration, bytes, ConfigurationError, flag, list, loadConfig, port } from './load-config.js';

const schema = z.object({
  PORT: port(8080),
  LIMIT: bytes(1024),
  KEYS: list(),
  DEBUG: flag(false),
  TOKEN: z.string().optional(),
});

describe('loadConfig', () => {
  it('fills what is absent or empty from the defaults', () => {
    expect(loadConfig(schema, { PORT: '' })).toEqual({ PORT: 8080, LIMIT: 1024, KEYS: [], DEBUG: false });
  });

  it('reads sizes, lists and switches in the forms people write', () => {
    const config = loadConfig(schema, { LIMIT: '512M', KEYS: 'a, b,,c', DEBUG: 'yes' });
    expect(config).toMatchObject({ LIMIT: 512 * 1024 ** 2, KEYS: ['a', 'b', 'c'], DEBUG: true });
  });

  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['30d', 30 * 86_400_000],
  ])('reads the duration %s', (text, expected) => {
    expect(loadConfig(z.object({ AGE: duration(1) }), { AGE: text })).toEqual({ AGE: expected });
  });

  it('lists every fault at once and no value', () => {
    const load = () => loadConfig(schema, { PORT: '70000', LIMIT: 'secret-thing', DEBUG: 'perhaps' });
    expect(load).toThrow(ConfigurationError);
    try {
      load();
    } catch (error) {
      expect((error as ConfigurationError).faults.map((fault) => fault.split(':')[0])).toEqual([
        'PORT',
        'LIMIT',
        'DEBUG',
      ]);
      expect((error as ConfigurationError).message).not.toContain('secret-thing');
    }
  });
});
