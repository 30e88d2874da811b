import { describe, expect, it } from '@jest/globals';
import { CONFIG, FINALS_ONLY, openSession, drainTasks } from './session-fixture.js';

describe('a final that comes out empty or as a loop', () => {
  it('is decoded once more, as a recording', async () => {
    const { session, decodes, push, results } = openSession(FINALS_ONLY);
    await push(0.9, 30);
    await session.finalize();
    await drainTasks();
    decodes[0]?.answer('');
    await drainTasks();
    expect(decodes[1]).toMatchObject({
      kind: 'final',
      prefix: '',
      samples: decodes[0]?.samples,
      options: { asRecording: true },
    });
    decodes[1]?.answer('all of it');
    await session.flush();
    expect(results().map(({ text }) => text)).toEqual(['all of it']);
  });

  it('stays what it is where that finds nothing better', async () => {
    const { session, decodes, push, results } = openSession(FINALS_ONLY);
    await push(0.9, 30);
    await session.finalize();
    await drainTasks();
    decodes[0]?.answer('no no', 3);
    await drainTasks();
    decodes[1]?.answer('no no no', 4);
    await session.flush();
    expect(results().map(({ text }) => text)).toEqual(['no no']);
  });

  it('keeps the committed words and decodes what is said behind them', async () => {
    const { session, decodes, push, results } = openSession(CONFIG);
    const speech = push(0.9, 60);
    await drainTasks();
    decodes[0]?.answer('one two three');
    await drainTasks();
    decodes[1]?.answer('one two three four');
    await drainTasks();
    decodes[2]?.answer('three');
    await speech;
    await session.finalize();
    await drainTasks();
    const final = decodes.at(-1);
    expect(final).toMatchObject({ kind: 'final', prefix: ' one two three' });
    final?.answer('');
    await drainTasks();
    const again = decodes.at(-1);
    expect(again?.options).toMatchObject({ asRecording: true, language: 'en' });
    // 290 ms to the end of the third word.
    expect((final?.samples ?? 0) - (again?.samples ?? 0)).toBe(290 * 16);
    again?.answer('four five');
    await session.flush();
    const last = results().at(-1);
    expect(last?.text).toBe('one two three four five');
    expect(last?.words?.map(({ startMs = 0 }) => startMs - (last.startMs ?? 0))).toEqual([
      0, 100, 200, 290, 390,
    ]);
  });

  it('may hold no more words than the committed ones where little is said behind them', async () => {
    const { session, decodes, push, results } = openSession(CONFIG);
    const speech = push(0.9, 38);
    await drainTasks();
    decodes[0]?.answer('one two three four five six');
    await drainTasks();
    decodes[1]?.answer('one two three four five six');
    await speech;
    await session.finalize();
    await drainTasks();
    decodes.at(-1)?.answer('');
    await session.flush();
    expect(decodes.every(({ options }) => options.asRecording === undefined)).toBe(true);
    expect(results().at(-1)?.text).toBe('one two three four');
  });
});
