import { expect, it } from '@jest/globals';
import { compressionRatio } from './compression-ratio.js';

// Golden numbers by openai-whisper's utils.py.
it.each([
  ['Hello there, general.', 0.7241],
  ['über größe 你好', 0.6897],
  [Array(20).fill('la').join(' '), 4.2143],
])('%j has as many UTF-8 bytes for each of its compressed ones as openai-whisper counts', (text, ratio) => {
  expect(compressionRatio(text)).toBeCloseTo(ratio, 3);
});
