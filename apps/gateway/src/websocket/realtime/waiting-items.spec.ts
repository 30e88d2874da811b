import { describe, expect, it } from '@jest/globals';
import type { RecognizedUtterance } from '../../live/listening.js';
import { WaitingItems } from './waiting-items.js';

const said = (text: string, language = 'en') =>
  ({
    result: { text, language },
    pcm: Buffer.alloc(2),
    degraded: undefined,
  }) as unknown as RecognizedUtterance;

describe('what waits to be answered', () => {
  it('is one utterance as it was said', () => {
    const waiting = new WaitingItems();
    const utterance = said(' One.');
    waiting.addSpeech([utterance]);
    expect(waiting.drain()).toEqual({ utterance });
    expect(waiting.isEmpty).toBe(true);
  });

  it('is else the texts of all, in the language spoken last', () => {
    const waiting = new WaitingItems();
    waiting.addText('I am Ana.');
    waiting.addSpeech([said(' Uno.', 'es'), said(' Dos.', 'es')]);
    waiting.addSpeech([said(' Three.')]);
    expect(waiting.drain()).toEqual({ text: 'I am Ana.\nUno. Dos.\nThree.', language: 'en' });
  });

  it('is nothing where nobody said a word', () => {
    const waiting = new WaitingItems();
    waiting.addSpeech([said(' ')]);
    waiting.addSpeech([]);
    expect(waiting.isEmpty).toBe(true);
    expect(waiting.drain()).toEqual({ text: '', language: '' });
  });

  it('is bounded: texts are refused, and of speech the oldest is forgotten', () => {
    const waiting = new WaitingItems();
    for (let item = 0; item < 32; item += 1) waiting.addText(`${item}`);
    expect(() => waiting.addText('one more')).toThrow('create a response first');
    waiting.addSpeech([said('spoken')]);
    const { text } = waiting.drain() as { text: string };
    expect(text.split('\n')).toHaveLength(32);
    expect(text).toMatch(/^1\n2\n[^]*spoken$/);
    waiting.addText('a'.repeat(16_000));
    expect(() => waiting.addText('b')).toThrow('16000 characters');
    waiting.addSpeech([said('c')]);
    expect(waiting.drain()).toMatchObject({ utterance: { result: { text: 'c' } } });
  });
});
