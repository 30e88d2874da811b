/** The order of suites in a clone that has never run them, where jest knows no more of them than their sizes: those that compute for long
 *  come first, so that none is left for one worker at the end while the other one has nothing to do. */
import TestSequencer from '@jest/test-sequencer';

const LONG = [
  'media/decoder-times',
  'graphs/graphs',
  'conformance/whisper-',
  'conformance/api',
  'conformance/transcription-options',
  'e2e/cli',
];

export default class LongFirst extends TestSequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((suite) => path.includes(`/${suite}`));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
