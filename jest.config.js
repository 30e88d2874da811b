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
