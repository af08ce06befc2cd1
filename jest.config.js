export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Needs root and Linux: jest.linux.config.js. Needs packages: jest.aws.config.js
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/linux/', '<rootDir>/test/aws/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
