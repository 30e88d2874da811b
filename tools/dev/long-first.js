/** The order of suites in a clone that has never run them, where jest knows no more of them than their sizes: those that take long come
 *  first, so that none is left for one worker at the end while the others have nothing to do. */
import TestSequencer from '@jest/test-sequencer';

const LONG = [
  'media/decoder-times',
  'graphs/graphs',
  'conformance/whisper-',
  'conformance/api',
  'conformance/transcription-options',
  'e2e/cli',
  'k8s/chart-install',
  'k8s/operator-',
];

export default class LongFirst extends TestSequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((suite) => path.includes(`/${suite}`));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
