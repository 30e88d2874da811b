import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { ReplayableAudio, ReplayMemory } from './replayable-audio.js';

async function* sound(...parts: string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function textOf(pcm: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of pcm) text += chunk.toString();
  return text;
}

describe('a recording that several recognisers may read', () => {
  it('reads the same from its start, also after a reader that left in the middle', async () => {
    const audio = new ReplayableAudio(sound('ab', 'cd', 'ef'), 'acme', new ReplayMemory());
    for await (const chunk of audio.pcm()) if (chunk.toString() === 'cd') break;
    expect(audio.isReplayable).toBe(true);
    expect(await textOf(audio.pcm())).toBe('abcdef');
    expect(await textOf(audio.pcm())).toBe('abcdef');
    expect(audio.bytes).toBe(6);
  });

  it('is passed on at the pace of its one reader once it is too long to be held', async () => {
    let given = 0;
    const source = (async function* () {
      for (const part of ['ab', 'cd', 'ef', 'gh']) {
        given += 1;
        yield Buffer.from(part);
      }
    })();
    const audio = new ReplayableAudio(source, 'acme', new ReplayMemory(), 4);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(given).toBe(3);
    expect(await textOf(audio.pcm())).toBe('abcdefgh');
    expect(audio.isReplayable).toBe(false);
    await expect(textOf(audio.pcm())).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('gives back what it held, for the next recording to hold', async () => {
    const memory = new ReplayMemory(4);
    const first = new ReplayableAudio(sound('abcd'), 'acme', memory);
    await first.ended;
    const second = new ReplayableAudio(sound('efgh'), 'acme', memory);
    expect(await textOf(second.pcm())).toBe('efgh');
    expect([first.isReplayable, second.isReplayable]).toEqual([true, false]);
    await first.close();
    await second.close();
    const third = new ReplayableAudio(sound('ijkl'), 'acme', memory);
    await third.ended;
    expect(third.isReplayable).toBe(true);
  });

  it("gives its readers the source's fault, and is no longer replayable", async () => {
    const fault = new AppError('audio.corrupt', 'It ends in the middle.');
    const source = (async function* () {
      yield Buffer.from('ab');
      throw fault;
    })();
    const audio = new ReplayableAudio(source, 'acme', new ReplayMemory());
    await expect(textOf(audio.pcm())).rejects.toBe(fault);
    expect(audio.isReplayable).toBe(false);
  });

  it('ends its source when it is closed', async () => {
    let isEnded = false;
    const source = (async function* () {
      try {
        for (;;) yield Buffer.from('ab');
      } finally {
        isEnded = true;
      }
    })();
    const audio = new ReplayableAudio(source, 'acme', new ReplayMemory(), 8);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await audio.close();
    await audio.ended;
    expect(isEnded).toBe(true);
  });
});
