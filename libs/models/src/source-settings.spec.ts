import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSourceSettings } from './source-settings.js';

describe('readSourceSettings', () => {
  it('reads kinds and locations in order', () => {
    const PARLANCE_MODEL_SOURCES =
      'folder, hub,folder:/srv/models,s3://bucket/a/b/,https://host/prefix/,npm,pypi';
    expect(readSourceSettings({ PARLANCE_MODEL_SOURCES }).order).toEqual([
      { kind: 'folders' },
      { kind: 'hub' },
      { kind: 'folder', path: '/srv/models' },
      { kind: 's3', bucket: 'bucket', prefix: 'a/b' },
      { kind: 'https', url: 'https://host/prefix' },
      { kind: 'npm' },
      { kind: 'pypi' },
    ]);
    expect(readSourceSettings({}).order).toBeUndefined();
  });

  it('refuses unknown entries by name, without a password in them', () => {
    const read = (PARLANCE_MODEL_SOURCES: string) => () => readSourceSettings({ PARLANCE_MODEL_SOURCES });
    expect(read('pypi,conda')).toThrow(
      "PARLANCE_MODEL_SOURCES: 'conda' is no model source: use folder, pypi",
    );
    expect(read('ftp://me:secret@host/x')).toThrow("'ftp://host/x' is no model source");
    expect(read('folder:')).toThrow("'folder:' is no model source");
    expect(read('s3://')).toThrow("'s3://' is no model source");
  });

  it("reads pip's and npm's own settings, the environment first", () => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-settings-'));
    const pip = join(folder, 'pip.conf');
    const npm = join(folder, 'npmrc');
    writeFileSync(
      pip,
      '[global]\nindex-url = https://mirror/simple\nextra-index-url = https://other/simple/\n',
    );
    writeFileSync(npm, '; mine\nregistry=https://mirror/npm\n//mirror/npm/:_authToken=t0ken\n');
    const files = { PIP_CONFIG_FILE: pip, npm_config_userconfig: npm };
    expect(readSourceSettings(files)).toMatchObject({
      pythonIndexes: ['https://mirror/simple/', 'https://other/simple/'],
      npm: { registry: 'https://mirror/npm/', token: 't0ken' },
      hub: { endpoint: 'https://huggingface.co' },
    });
    const environment = {
      ...files,
      PIP_INDEX_URL: 'https://mine/simple',
      npm_config_registry: 'https://mine/npm',
    };
    expect(readSourceSettings(environment)).toMatchObject({
      pythonIndexes: ['https://mine/simple/', 'https://other/simple/'],
      npm: { registry: 'https://mine/npm/', token: undefined },
    });
  });
});
