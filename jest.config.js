import { globSync } from 'node:fs';

/** Native ESM: run through `npm test`, which sets --experimental-vm-modules. Suites live beside the code (unit) and under test/. */
const exportConditions = ['@parlance/source', 'node', 'node-addons'];
const shared = {
  testEnvironment: '<rootDir>/tools/dev/test-environment.js',
  testEnvironmentOptions: { exportConditions },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/(.*/)?dist/', '<rootDir>/.cache/'],
};

/** Suites that time what they test, or take the machine for themselves: run after the others, one at a time. */
const ALONE = [
  'chaos/',
  'soak/',
  'conformance/live-sessions',
  'conformance/live-languages',
  'conformance/whisper-batching',
  'conformance/whisper-parity',
  'e2e/live-endings',
  'e2e/operations',
  'e2e/tenants',
  'integration/inference-capacity',
  'integration/inference-hostile-input',
  'integration/process-faults',
  'integration/tts-replies',
];

/** Tells test/support that the processors are another suite's as well. */
const besideOthers = { globals: { besideOthers: true } };

const UNIT_SUITES = '{apps,libs,tools,test/bench}/**/*.spec.ts';

/** Where `make test` counts the lines that are reached; tools/dev/coverage.js adds them up. */
const counting = process.env.PARLANCE_COVERAGE && {
  testEnvironment: '<rootDir>/tools/dev/counting-environment.js',
  testEnvironmentOptions: {
    exportConditions,
    suites: globSync(UNIT_SUITES, { exclude: ['**/node_modules'] }).length,
  },
};

export default {
  // Twice as long on a machine of half the speed, beside another suite: what hangs is told all the same.
  testTimeout: 20_000,
  testSequencer: '<rootDir>/tools/dev/long-first.js',
  projects: [
    { ...shared, ...counting, displayName: 'unit', testMatch: [`<rootDir>/${UNIT_SUITES}`] },
    {
      ...shared,
      ...besideOthers,
      displayName: 'platform',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: [
        '<rootDir>/test/bench/',
        '<rootDir>/test/k8s/',
        '<rootDir>/test/observe/',
        ...ALONE.map((suite) => `<rootDir>/test/${suite}`),
      ],
    },
    // With Prometheus and Alertmanager, for minutes: not of `make test`.
    { ...shared, displayName: 'observe', testMatch: ['<rootDir>/test/observe/**/*.spec.ts'] },
    // On a control plane of their own: tools/kube.
    { ...shared, ...besideOthers, displayName: 'k8s', testMatch: ['<rootDir>/test/k8s/**/*.spec.ts'] },
    { ...shared, displayName: 'alone', testMatch: ALONE.map((suite) => `<rootDir>/test/${suite}*.spec.ts`) },
  ],
};
