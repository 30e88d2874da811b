import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { ALLOCATOR, NODE_FLAGS } from './pod-memory.js';

describe('the memory settings of a process started without its image', () => {
  it('are those of the image', async () => {
    const dockerfile = await readFile('gpu-images/base.Dockerfile', 'utf8');
    const environment = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, values = '']) =>
      values.split(' '),
    );
    for (const [name, value] of Object.entries(ALLOCATOR)) expect(environment).toContain(`${name}=${value}`);
    const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(entrypoint)).toEqual(['node', ...NODE_FLAGS]);
  });
});
