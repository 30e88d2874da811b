import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { ALLOCATOR, NODE_FLAGS, SPEECH_ALLOCATOR } from './pod-memory.js';

describe('the memory settings of a process started without its image', () => {
  it('are those of the image', async () => {
    const dockerfile = await readFile('gpu-images/base.Dockerfile', 'utf8');
    const environment = environmentOf(dockerfile);
    for (const [name, value] of Object.entries(ALLOCATOR)) expect(environment).toContain(`${name}=${value}`);
    const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(entrypoint)).toEqual(['node', ...NODE_FLAGS]);
  });

  it('are those of the speech service where it has its own', async () => {
    const environment = environmentOf(await readFile('gpu-images/tts.Dockerfile', 'utf8'));
    for (const [name, value] of Object.entries(SPEECH_ALLOCATOR))
      if (value !== ALLOCATOR[name]) expect(environment).toContain(`${name}=${value}`);
  });
});

function environmentOf(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, values = '']) => values.split(' '));
}
