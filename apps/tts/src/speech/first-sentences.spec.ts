import { describe, expect, it } from '@jest/globals';
import { FirstSentences } from './first-sentences.js';

const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when the test lets it. */
function sentences(first = new FirstSentences()) {
  const begun: string[] = [];
  const speak = (turn: string, index: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const done = first.run(turn, index, () => {
      begun.push(`${turn}${index}`);
      return promise;
    });
    done.catch(() => undefined);
    return { done, end: resolve, fail: reject };
  };
  return { begun, speak };
}

describe('the first sentence of a reply', () => {
  it('is spoken before the others, which are then spoken side by side', async () => {
    const { begun, speak } = sentences();
    const first = speak('a', 0);
    for (const index of [1, 2]) speak('a', index);
    speak('b', 1);
    await soon();
    expect(begun).toEqual(['a0', 'b1']);
    first.end();
    await first.done;
    await soon();
    expect(begun).toEqual(['a0', 'b1', 'a1', 'a2']);
    speak('a', 3);
    expect(begun).toContain('a3');
  });

  it('that fails holds up no other one', async () => {
    const { begun, speak } = sentences();
    const first = speak('a', 0);
    speak('a', 1);
    first.fail(new Error('no voice'));
    await expect(first.done).rejects.toThrow('no voice');
    await soon();
    expect(begun).toEqual(['a0', 'a1']);
  });

  it('that takes too long is not waited for', async () => {
    const { speak } = sentences(new FirstSentences(5));
    speak('a', 0);
    const second = speak('a', 1);
    second.end();
    await second.done;
  });
});
