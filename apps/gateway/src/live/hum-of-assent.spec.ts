import { describe, expect, it } from '@jest/globals';
import { isHumOfAssent } from './speech-beside-reply.js';

describe('a hum of assent', () => {
  it.each(['Mhm.', 'Mm-hmm.', 'Uh-huh', 'Hmm', 'mm, mm-hmm', ' Ah. '])('is %j', (text) => {
    expect(isHumOfAssent(text)).toBe(true);
  });

  it.each(['Yes.', 'Okay', 'Mhm, but why?', '', '...', 'Oh no'])('is not %j', (text) => {
    expect(isHumOfAssent(text)).toBe(false);
  });
});
