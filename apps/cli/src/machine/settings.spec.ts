import { describe, expect, it } from '@jest/globals';
import { readSettings } from './settings.js';

describe('readSettings', () => {
  it('takes ports from the environment and lists every one that is none', () => {
    expect(readSettings({ PARLANCE_HTTP_PORT: '9000' }).ports).toMatchObject({ http: 9000, grpc: 50_051 });
    const read = () => readSettings({ PARLANCE_HTTP_PORT: 'x', PARLANCE_NATS_PORT: '70000' });
    expect(read).toThrow(/PARLANCE_HTTP_PORT.*\n.*PARLANCE_NATS_PORT/);
  });

  it('looks for models where it is told, else beside the checkout and among the downloads', () => {
    expect(readSettings({ PARLANCE_MODELS: '/a, /b' }).modelFolders).toEqual(['/a', '/b']);
    expect(readSettings({ PARLANCE_SHARED: '/nowhere' }).modelFolders).toEqual([
      expect.stringMatching(/\.cache\/checkpoints$/),
    ]);
  });
});
