import { describe, expect, it } from '@jest/globals';
import { SpeechInTheMaking } from './speech-in-the-making.js';

const never = new AbortController().signal;

async function readAll(making: SpeechInTheMaking, signal = never): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of making.read(making.listen(signal))) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('speech in the making', () => {
  it('is heard whole by who comes at once, in the middle and at the end', async () => {
    const making = new SpeechInTheMaking();
    const first = readAll(making);
    making.add(Buffer.from('one '));
    const second = readAll(making);
    await Promise.resolve();
    making.add(Buffer.from('two'));
    making.end([]);
    expect(await Promise.all([first, second, readAll(making)])).toEqual(['one two', 'one two', 'one two']);
    expect(making.signal.aborted).toBe(false);
  });

  it('stops when the last listener leaves, not before', () => {
    const making = new SpeechInTheMaking();
    const gone = new AbortController();
    const leave = making.listen(never);
    making.listen(gone.signal);
    leave();
    leave();
    expect(making.signal.aborted).toBe(false);
    gone.abort();
    expect(making.signal.aborted).toBe(true);
  });

  it('fails for all who listen, and for who waits for its beginning', async () => {
    const making = new SpeechInTheMaking();
    const listening = readAll(making);
    const fault = new Error('the voice broke');
    making.fail(fault);
    await expect(listening).rejects.toBe(fault);
    await expect(making.speaker).rejects.toBe(fault);
    await expect(making.result).rejects.toBe(fault);
  });

  it('is still heard when only its keeping fails', async () => {
    const making = new SpeechInTheMaking();
    making.begin({ engine: 'e', voice: 'v' });
    making.add(Buffer.from('all of it'));
    making.end([]);
    making.fail(new Error('the store is full'));
    expect(await readAll(making)).toBe('all of it');
    await expect(making.result).rejects.toThrow('the store is full');
  });
});
