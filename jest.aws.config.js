import base from './jest.config.js'

/** What npm run package makes, run here: needs a minute and a half. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/aws/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/aws/package.cjs',
  testTimeout: 120_000,
  maxWorkers: 1,
}
