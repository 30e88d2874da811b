import { beforeAll, describe, expect, it } from '@jest/globals';
import { wordsToSay, inSentenceCase } from './expected-text.js';
import { Lexicon } from './lexicon.js';
import { phonesOfIpa } from './phone-set.js';

let lexicon: Lexicon;

beforeAll(async () => {
  lexicon = await Lexicon.open();
});

describe('the words of an expected text', () => {
  const texts = (text: string): string[] => wordsToSay(text, lexicon).map((word) => word.text);

  it('are without punctuation, in any spelling of an apostrophe', () => {
    expect(texts('“Don’t stop,” she said – and left… (at 5!)')).toEqual([
      ...["Don't", 'stop', 'she', 'said', 'and', 'left', 'at', '5'],
    ]);
    expect(texts("'tis the readers' own 'idea'")).toEqual(["'tis", 'the', "readers'", 'own', 'idea']);
  });

  it('stay whole at a hyphen where the dictionary has the whole', () => {
    expect(texts('a twenty-five and/or well-frobbed mother-in-law')).toEqual([
      ...['a', 'twenty-five', 'and', 'or', 'well', 'frobbed', 'mother-in-law'],
    ]);
  });

  it('are none in an empty text and in one of marks alone', () => {
    expect([texts(''), texts(' … — !? ')]).toEqual([[], []]);
  });

  it('are counted up to thousands without delay', () => {
    expect(texts('ship '.repeat(2000))).toHaveLength(2000);
  });
});

describe('words as Whisper writes them', () => {
  it('are in lower case but the first one and I', () => {
    expect(inSentenceCase(['WE', 'CALL', 'IT', 'BEAR', 'I', "I'M"])).toEqual([
      ...['We', 'call', 'it', 'bear', 'I', "I'm"],
    ]);
  });
});

describe('the lexicon', () => {
  it("has the dictionary's pronunciations without stress, each once", () => {
    expect(lexicon.pronounce('Read')).toEqual({
      phones: [
        ['R', 'EH', 'D'],
        ['R', 'IY', 'D'],
      ],
      source: 'dictionary',
    });
    expect(lexicon.pronounce('café').phones).toContainEqual(['K', 'AH', 'F', 'EY']);
  });

  it('has words that the dictionary lacks by rules of spelling', () => {
    expect(lexicon.pronounce('blorptastic')).toEqual({
      phones: [['B', 'L', 'AO', 'R', 'P', 'T', 'AE', 'S', 'T', 'IH', 'K']],
      source: 'rules',
    });
  });

  it('spells numbers out', () => {
    expect(lexicon.pronounce('25').phones[0]!.join(' ')).toMatch(/^T W EH N T IY F AY V$/);
    expect(lexicon.pronounce('3rd').phones).toEqual([['TH', 'ER', 'D']]);
  });

  it.each(['привет', '你好', 'x'.repeat(60), '@', 'constructor(9)'])(
    'has no pronunciation for %s',
    (word) => {
      expect(lexicon.pronounce(word).phones).toEqual([]);
    },
  );
});

describe('IPA', () => {
  it('becomes phones of the CMU dictionary, two letters to a sound where they are one', () => {
    expect(phonesOfIpa('ˈdʒʌdʒ')).toEqual(['JH', 'AH', 'JH']);
    expect(phonesOfIpa('ˈtʃɔɪs')).toEqual(['CH', 'OY', 'S']);
  });

  it('with a sound that English lacks is refused', () => {
    expect([phonesOfIpa('yx'), phonesOfIpa('')]).toEqual([undefined, undefined]);
  });
});
