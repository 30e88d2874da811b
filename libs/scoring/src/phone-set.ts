/** The 39 phones of the CMU dictionary, in the order of the trained models' classes. */
export const PHONES = [
  ...['AA', 'AE', 'AH', 'AO', 'AW', 'AY', 'B', 'CH', 'D', 'DH', 'EH', 'ER', 'EY', 'F', 'G', 'HH', 'IH', 'IY'],
  ...['JH', 'K', 'L', 'M', 'N', 'NG', 'OW', 'OY', 'P', 'R', 'S', 'SH', 'T', 'TH', 'UH', 'UW', 'V', 'W', 'Y'],
  ...['Z', 'ZH'],
] as const satisfies readonly string[];

/** The class of frames without speech, behind the phones. */
export const SILENCE: number = PHONES.length;
export const CLASSES = PHONES.length + 1;

const INDEX: ReadonlyMap<string, number> = new Map(PHONES.map((phone, i) => [phone, i]));

/** @param symbol a CMU phone, with or without the digit of its stress: `AH0`
 *  @returns its class; undefined for what is no phone */
export function phoneIndex(symbol: string): number | undefined {
  return INDEX.get(symbol.replace(/[012]$/, ''));
}

/** IPA for American English → CMU. Two sounds in a row are looked up before one. */
const FROM_IPA: Readonly<Record<string, string>> = {
  ...{ tʃ: 'CH', ʧ: 'CH', dʒ: 'JH', ʤ: 'JH' },
  ...{ aɪ: 'AY', aʊ: 'AW', eɪ: 'EY', oʊ: 'OW', ɔɪ: 'OY' },
  ...{ ɑ: 'AA', a: 'AA', ɒ: 'AA', æ: 'AE', ʌ: 'AH', ə: 'AH', ɐ: 'AH', ɔ: 'AO', ɛ: 'EH', e: 'EH', o: 'OW' },
  ...{ ɝ: 'ER', ɚ: 'ER', ɜ: 'ER', ɪ: 'IH', ɨ: 'IH', i: 'IY', ʊ: 'UH', u: 'UW' },
  ...{
    b: 'B',
    d: 'D',
    ð: 'DH',
    f: 'F',
    g: 'G',
    ɡ: 'G',
    h: 'HH',
    k: 'K',
    l: 'L',
    ɫ: 'L',
    m: 'M',
    n: 'N',
    ŋ: 'NG',
  },
  ...{ p: 'P', r: 'R', ɹ: 'R', s: 'S', ʃ: 'SH', t: 'T', ɾ: 'T', ʔ: 'T', θ: 'TH', v: 'V', w: 'W', j: 'Y' },
  ...{ z: 'Z', ʒ: 'ZH' },
};

/** Stress, length, ties and gaps: nothing that a phone of the CMU dictionary tells. */
const MARKS = /[ˈˌːˑ.\s\u0361\u0329]/gu;

/** @returns CMU phones of an IPA transcription; undefined where it has a sound that English lacks, or none */
export function phonesOfIpa(ipa: string): readonly string[] | undefined {
  const symbols = ipa.normalize('NFC').replace(MARKS, '');
  const phones: string[] = [];
  for (let at = 0; at < symbols.length;) {
    const length = FROM_IPA[symbols.slice(at, at + 2)] ? 2 : 1;
    const phone = FROM_IPA[symbols.slice(at, at + length)];
    if (phone === undefined) return undefined;
    phones.push(phone);
    at += length;
  }
  return phones.length > 0 ? phones : undefined;
}
