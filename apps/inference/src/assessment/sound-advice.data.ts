/** How a sound of English is made: what tongue, lips and breath do. Text of our own, after the usual description of its place and manner. */
export interface SoundAdvice {
  /** A word that has the sound. */
  readonly example: string;
  readonly how: string;
}

/** By phone of the CMU dictionary. */
export const SOUND_ADVICE: Readonly<Record<string, SoundAdvice>> = {
  AA: { example: 'father', how: 'open the mouth wide, keep the tongue low and flat and the lips unrounded' },
  AE: {
    example: 'cat',
    how: 'open the mouth wide, push the tongue low and forward and spread the lips a little',
  },
  AH: {
    example: 'cup',
    how: 'relax the tongue in the middle of the mouth, keep the lips loose and the sound short',
  },
  AO: { example: 'law', how: 'round the lips, draw the tongue back and low and hold the sound' },
  AW: {
    example: 'now',
    how: 'begin with an open mouth, then round the lips while the tongue rises at the back',
  },
  AY: { example: 'my', how: 'begin with an open mouth and a low tongue, then raise the tongue to the front' },
  B: {
    example: 'big',
    how: 'close the lips, let the voice sound behind them, then open them without a puff of air',
  },
  CH: {
    example: 'chair',
    how: 'stop the air with the tongue behind the upper teeth, then let it go as SH, without voice',
  },
  D: {
    example: 'day',
    how: 'tap the ridge behind the upper teeth with the tip of the tongue while the voice sounds',
  },
  DH: {
    example: 'this',
    how: 'put the tip of the tongue lightly between the teeth and let voice and air pass over it',
  },
  EH: {
    example: 'bed',
    how: 'open the mouth half, with the tongue in front at middle height and the sound short',
  },
  ER: {
    example: 'bird',
    how: 'draw the tongue back and curl or bunch it, touching nothing in front, and hold the sound',
  },
  EY: {
    example: 'day',
    how: 'begin with the tongue in front at middle height, then raise it and spread the lips',
  },
  F: { example: 'five', how: 'set the upper teeth on the lower lip and blow, without voice' },
  G: {
    example: 'go',
    how: 'stop the air with the back of the tongue at the soft palate while the voice sounds',
  },
  HH: { example: 'house', how: 'breathe out through an open throat, with no contact of the tongue' },
  IH: {
    example: 'sit',
    how: 'keep the tongue high in front but relaxed, the lips loose and the sound short',
  },
  IY: { example: 'see', how: 'raise the tongue high in front, spread the lips and hold the sound' },
  JH: {
    example: 'job',
    how: 'stop the air with the tongue behind the upper teeth, then let it go as in “measure”, with voice',
  },
  K: {
    example: 'cat',
    how: 'stop the air with the back of the tongue at the soft palate, then let it go with a puff',
  },
  L: {
    example: 'light',
    how: 'hold the tip of the tongue on the ridge behind the upper teeth and let the voice pass at its sides',
  },
  M: { example: 'man', how: 'close the lips and let the voice sound through the nose' },
  N: {
    example: 'no',
    how: 'hold the tip of the tongue on the ridge behind the upper teeth; the voice sounds through the nose',
  },
  NG: {
    example: 'sing',
    how: 'hold the back of the tongue at the soft palate; the voice sounds through the nose, and no G follows',
  },
  OW: {
    example: 'go',
    how: 'begin with the tongue in the middle at the back, then round the lips while it rises',
  },
  OY: {
    example: 'boy',
    how: 'begin with rounded lips and the tongue low at the back, then raise it to the front',
  },
  P: { example: 'pen', how: 'close the lips, then open them with a puff of air and without voice' },
  R: {
    example: 'red',
    how: 'draw the tongue back so that its tip touches nothing, and round the lips a little',
  },
  S: {
    example: 'see',
    how: 'bring the tip of the tongue near the ridge behind the upper teeth and blow, without voice',
  },
  SH: { example: 'she', how: 'draw the tongue back from the ridge, round the lips and blow, without voice' },
  T: {
    example: 'time',
    how: 'stop the air with the tip of the tongue on the ridge behind the upper teeth, then let it go with a puff',
  },
  TH: {
    example: 'think',
    how: 'put the tip of the tongue lightly between the teeth and blow over it, without voice',
  },
  UH: {
    example: 'book',
    how: 'round the lips loosely, with the tongue high at the back, relaxed, and the sound short',
  },
  UW: {
    example: 'food',
    how: 'round the lips tightly, raise the tongue high at the back and hold the sound',
  },
  V: { example: 'very', how: 'set the upper teeth on the lower lip and let voice and air pass between them' },
  W: {
    example: 'we',
    how: 'round the lips tightly, then open them quickly into the next sound; the teeth touch nothing',
  },
  Y: {
    example: 'yes',
    how: 'raise the tongue high in front, as for “see”, and glide at once into the next sound',
  },
  Z: {
    example: 'zoo',
    how: 'bring the tip of the tongue near the ridge behind the upper teeth and let voice and air pass',
  },
  ZH: {
    example: 'measure',
    how: 'draw the tongue back from the ridge, round the lips and let voice and air pass',
  },
};

/** What sets the expected sound apart from the one it was replaced by, of pairs that learners often mix up: `EXPECTED>REPLACEMENT`. */
export const SUBSTITUTION_ADVICE: Readonly<Record<string, string>> = {
  'TH>S': 'bring the tip of the tongue forward until it lies between the teeth; for S it stays behind them',
  'TH>T': 'do not stop the air: the tip of the tongue lies between the teeth and the breath keeps flowing',
  'TH>F': 'leave the lower lip alone; the tip of the tongue, not the lip, meets the upper teeth',
  'DH>D': 'do not stop the air: the tip of the tongue lies between the teeth and the voice keeps sounding',
  'DH>Z': 'bring the tip of the tongue forward until it lies between the teeth; for Z it stays behind them',
  'DH>V': 'leave the lower lip alone; the tip of the tongue, not the lip, meets the upper teeth',
  'IH>IY': 'make it shorter and relax the tongue and the lips; IY is long, with spread lips',
  'IY>IH': 'make it longer, raise the tongue and spread the lips; IH is short and relaxed',
  'UH>UW': 'make it shorter and round the lips less; UW is long, with tight lips',
  'UW>UH': 'make it longer and round the lips tightly; UH is short and relaxed',
  'AE>EH': 'open the mouth wider and lower the tongue; EH has a half open mouth',
  'EH>AE': 'close the mouth a little and keep the tongue at middle height; AE is wide open',
  'AE>AA': 'push the tongue forward and spread the lips; AA is made further back',
  'AH>AA': 'make it shorter and open the mouth less; AA is long and wide open',
  'AA>AH': 'open the mouth wider and hold the sound; AH is short and relaxed',
  'EY>EH': 'let the sound move: raise the tongue at its end; EH stays where it is',
  'OW>AO': 'let the sound move: round the lips more at its end; AO stays where it is',
  'ER>AH': 'draw the tongue back and curl or bunch it while the sound lasts; AH has a relaxed tongue',
  'R>L': 'let the tip of the tongue touch nothing and draw it back; for L it rests on the ridge',
  'L>R': 'hold the tip of the tongue on the ridge behind the upper teeth; for R it touches nothing',
  'R>W': 'draw the tongue back and keep the lips open; W is made by the lips alone',
  'L>N': 'let the voice out at the sides of the tongue, not through the nose',
  'N>L': 'let the voice out through the nose; the tongue closes the mouth all round',
  'V>W': 'set the upper teeth on the lower lip; for W the lips are round and the teeth touch nothing',
  'W>V': 'round the lips and keep the teeth away from the lower lip',
  'V>F': 'let the voice sound the whole time; F has breath alone',
  'V>B': 'do not close the lips: the upper teeth rest on the lower lip and the air keeps flowing',
  'B>P': 'let the voice sound before the lips open, and leave out the puff of air',
  'P>B': 'open the lips with a puff of air, and let the voice begin only behind it',
  'P>F': 'close the lips and stop the air before you let it go',
  'D>T': 'let the voice sound to the end; at the end of a word hold the vowel before it longer',
  'T>D': 'let it go with a puff of air, and let the voice begin only behind it',
  'G>K': 'let the voice sound to the end; at the end of a word hold the vowel before it longer',
  'K>G': 'let it go with a puff of air, and let the voice begin only behind it',
  'Z>S': 'let the voice sound while the air flows: a finger on the throat feels it; S has none',
  'S>Z': 'leave the voice out: there is breath alone',
  'S>SH': 'bring the tongue forward, near the upper teeth, and spread the lips',
  'SH>S': 'draw the tongue back a little and round the lips',
  'CH>SH': 'stop the air first with the tongue on the ridge, then let it go',
  'SH>CH': 'do not stop the air: it flows from the beginning',
  'JH>CH': 'let the voice sound from the beginning; CH has none',
  'JH>Y': 'stop the air first with the tongue on the ridge, then let it go',
  'ZH>SH': 'let the voice sound while the air flows; SH has none',
  'NG>N': 'keep the tip of the tongue down and close with the back of the tongue',
  'M>N': 'close the lips; for N they are open',
  'N>NG': 'close with the tip of the tongue on the ridge, not with its back',
};
