import base from './jest.config.js'

/** Runs the injector's script as root on Linux, one file at a time: `npm run test:linux`. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/linux/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
  maxWorkers: 1,
}
