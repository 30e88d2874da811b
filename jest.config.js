/** Native ESM: run through `npm test`, which sets --experimental-vm-modules. Suites live beside the code (unit) and under test/. */
const shared = {
  testEnvironment: 'node',
  testEnvironmentOptions: { exportConditions: ['@parlance/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/(.*/)?dist/', '<rootDir>/.cache/'],
};

export default {
  // Of `npm run coverage`: what the unit tests alone reach; processes that the platform's suites start are not counted.
  collectCoverageFrom: ['{apps,libs}/*/src/**/*.ts', '!**/*.spec.ts', '!**/generated/**', '!**/main.ts'],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: { global: { lines: 52, branches: 85 } },
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{apps,libs,tools,test/bench}/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'platform',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/bench/'],
    },
  ],
};
