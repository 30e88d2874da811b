/** Native ESM: run through `npm test`, which sets --experimental-vm-modules. Suites live beside the code (unit) and under test/. */
const shared = {
  testEnvironment: '<rootDir>/tools/dev/test-environment.js',
  testEnvironmentOptions: { exportConditions: ['@parlance/source', 'node', 'node-addons'] },
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

export default {
  testSequencer: '<rootDir>/tools/dev/long-first.js',
  // With --coverage, as `npm run coverage` runs them; tools/dev/coverage.js adds the processes that the suites start.
  collectCoverageFrom: ['{apps,libs}/*/src/**/*.ts', '!**/*.spec.ts', '!**/generated/**', '!**/main.ts'],
  coverageProvider: 'v8',
  coverageReporters: ['json'],
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,tools,test/bench}/**/*.spec.ts'] },
    {
      ...shared,
      ...besideOthers,
      displayName: 'platform',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: [
        '<rootDir>/test/bench/',
        '<rootDir>/test/k8s/',
        ...ALONE.map((suite) => `<rootDir>/test/${suite}`),
      ],
    },
    // On a control plane of their own: tools/kube.
    { ...shared, ...besideOthers, displayName: 'k8s', testMatch: ['<rootDir>/test/k8s/**/*.spec.ts'] },
    { ...shared, displayName: 'alone', testMatch: ALONE.map((suite) => `<rootDir>/test/${suite}*.spec.ts`) },
  ],
};
