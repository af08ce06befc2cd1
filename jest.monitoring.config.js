import base from './jest.config.js'

/** With a real Prometheus, Pushgateway and Alertmanager: `npm run test:monitoring`. */
// biome-ignore lint/style/noDefaultExport: this is how Jest reads it
export default {
  ...base,
  testMatch: ['<rootDir>/test/monitoring/live/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
}
