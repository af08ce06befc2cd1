export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Need root and Linux (jest.linux.config.js), packages (jest.aws.config.js), a Prometheus and minutes (jest.monitoring.config.js)
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/linux/', '<rootDir>/test/aws/', '<rootDir>/test/monitoring/live/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  testTimeout: 30_000,
  maxWorkers: 2,
}
