import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const rootDir = dirname(import.meta.dirname)

const shared = {
  rootDir,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  testPathIgnorePatterns: ['/node_modules/'],
}

// Where tests note what they lack, for the reporter; workers inherit it.
process.env.FAULTLINE_MISSING_TOOLS_FILE ??= join(tmpdir(), `faultline-missing-tools-${process.pid}`)

const slowness = Number(process.env.FAULTLINE_TEST_SLOWNESS ?? 1)

// The scripts of package.json choose one of the projects each, with as many workers as suit it.
// Jest takes this one from the top of its configuration alone, for whichever project is chosen.
const timeoutsMs = { unit: 30_000, linux: 60_000 * slowness, aws: 120_000, monitoring: 30_000 }
const chosen = process.argv[process.argv.indexOf('--selectProjects') + 1]

export default {
  rootDir,
  testTimeout: timeoutsMs[chosen] ?? timeoutsMs.unit,
  reporters: ['default', '<rootDir>/test/support/missing-tools-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/linux/', '<rootDir>/test/aws/', '<rootDir>/test/monitoring/live/'],
    },
    // The injector's script as root on Linux, a node of its own for each file.
    { ...shared, displayName: 'linux', testMatch: ['<rootDir>/test/linux/**/*.test.ts'] },
    // What `npm run package` makes.
    {
      ...shared,
      displayName: 'aws',
      testMatch: ['<rootDir>/test/aws/**/*.test.ts'],
      globalSetup: '<rootDir>/test/aws/package.cjs',
    },
    // With a real Prometheus, Pushgateway and Alertmanager.
    { ...shared, displayName: 'monitoring', testMatch: ['<rootDir>/test/monitoring/live/*.test.ts'] },
  ],
}
