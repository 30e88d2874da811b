import { describe, expect, it } from '@jest/globals';
import { FINALS_ONLY, openSession, drainTasks, UNTOLD } from './session-fixture.js';

const UNTOLD_FINALS = { ...UNTOLD, interimResults: false };

describe('LiveSession without a given language', () => {
  it('tells the language and how likely it is with every result', async () => {
    const { session, decodes, push, results } = openSession(UNTOLD);
    await push(0.9, 20);
    decodes[0]?.answerIn('it', 0.4, 'buon giorno');
    await drainTasks();
    expect(results()).toMatchObject([{ isFinal: false, language: 'it', languageProbability: 0.4 }]);
    await session.finalize();
    await drainTasks();
    decodes[1]?.answerIn('pt', 0.7, 'bom dia');
    await session.flush();
    expect(results().at(-1)).toMatchObject({ isFinal: true, language: 'pt', languageProbability: 0.7 });
    expect(session.spokenLanguage).toEqual({ language: 'pt', languageProbability: 0.7 });
  });

  it('tells no probability where the language was given, and asks for none', async () => {
    const { session, decodes, push, results } = openSession(FINALS_ONLY);
    await push(0.9, 20);
    await session.finalize();
    await drainTasks();
    expect(decodes[0]?.options).toMatchObject({ language: 'en' });
    expect(decodes[0]?.options.choice).toBeUndefined();
    decodes[0]?.answer('good morning');
    await session.flush();
    expect(results()[0]).not.toHaveProperty('languageProbability');
  });

  it('commits nothing before the language is sure, and then goes on in it', async () => {
    const { session, decodes, push, results } = openSession(UNTOLD);
    const speech = push(0.9, 90);
    await drainTasks();
    decodes[0]?.answerIn('cy', 0.3, 'one two three', 0.99);
    await drainTasks();
    decodes[1]?.answerIn('en', 0.6, 'one two three four five', 0.99);
    await drainTasks();
    decodes[2]?.answerIn('en', 0.97, 'one two three four five six', 0.99);
    await drainTasks();
    expect(results().map(({ language, stableLength }) => [language, stableLength])).toEqual([
      ['cy', 0],
      ['en', 0],
      ['en', 'one two three four five'.length],
    ]);
    expect(decodes[3]?.options).toMatchObject({ kind: 'partial', language: 'en' });
    decodes[3]?.answer('six');
    await speech;
    session.stop();
  });

  it('begins each interim in the likeliest language so far', async () => {
    const { session, decodes, push } = openSession(UNTOLD);
    const speech = push(0.9, 40);
    await drainTasks();
    expect(decodes[0]?.options.choice?.guess).toBeUndefined();
    decodes[0]?.answerIn('es', 0.3, 'uno');
    await drainTasks();
    expect(decodes[1]?.options.choice?.guess).toBe('es');
    expect(decodes[1]?.options.language).toBeUndefined();
    session.stop();
    decodes[1]?.answerIn('es', 0.3, 'uno');
    await speech.catch(() => undefined);
  });

  it('decides anew in the final, over all audio of the utterance', async () => {
    const { session, decodes, push, results } = openSession(UNTOLD);
    const speech = push(0.9, 55);
    for (const step of [0, 1, 2]) {
      await drainTasks();
      decodes[step]?.answerIn('pt', 0.95, 'um dois tres quatro', 0.99);
    }
    await speech;
    await session.finalize();
    await drainTasks();
    const last = decodes.at(-1);
    expect(last?.options).toMatchObject({ kind: 'final', language: undefined });
    expect(last?.options.choice?.guess).toBe('pt');
    last?.answerIn('it', 0.9, 'cinque');
    await session.flush();
    const final = results().at(-1);
    expect(final).toMatchObject({ isFinal: true, language: 'it', languageProbability: 0.9 });
    expect(final?.text).toBe('um dois tres cinque');
  });

  it('leans on the languages that were spoken before', async () => {
    const { session, decodes, push } = openSession(UNTOLD_FINALS);
    for (const [i, language] of ['es', 'en'].entries()) {
      await push(0.9, 20);
      await push(0, 20);
      await drainTasks();
      decodes[i]?.answerIn(language, 0.9, 'no');
      await session.flush();
    }
    await push(0.9, 20);
    await session.finalize();
    await drainTasks();
    const { prior = {}, guess } = decodes[2]?.options.choice ?? {};
    expect(guess).toBe('en');
    expect(prior.en).toBeGreaterThan(prior.es ?? 0);
    expect(prior.es).toBeGreaterThan(1);
    session.stop();
  });

  it('waits for the language of the utterance before, however fast the audio comes', async () => {
    const { session, decodes, push } = openSession(UNTOLD_FINALS);
    for (let i = 0; i < 2; i++) {
      await push(0.9, 20);
      await push(0, 20);
    }
    await drainTasks();
    expect(decodes.length).toBe(1);
    decodes[0]?.answerIn('fr', 0.9, 'oui');
    await drainTasks();
    expect(decodes[1]?.options.choice?.guess).toBe('fr');
    decodes[1]?.answerIn('fr', 0.9, 'non');
    await session.flush();
  });
});
