import { expect, it } from '@jest/globals';
import { clipsOf } from './clips.js';

it.each([
  [[], [[0, 6000]]],
  [[0], [[0, 6000]]],
  [[2.504], [[250, 6000]]],
  [[1, 2, 3], [[100, 200], [300, 6000]]], // prettier-ignore
  [[1, 99], [[100, 6000]]],
  [[5, 5, 70, 80], []],
])('%j s of a minute are %j', (times, clips) => {
  expect(clipsOf(times, 6000).map(({ from, to }) => [from, to])).toEqual(clips);
});
