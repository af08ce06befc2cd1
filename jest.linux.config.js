import base from './jest.config.js'

/** Runs the injector's script as root on Linux, a node of its own for each file: `npm run test:linux`. */
// biome-ignore lint/style/noDefaultExport: this is how Jest reads it
export default {
  ...base,
  testMatch: ['<rootDir>/test/linux/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000 * Number(process.env.FAULTLINE_TEST_SLOWNESS ?? 1),
  // Most of their time they wait.
  maxWorkers: 4,
}
