import { expect, it } from '@jest/globals'
import { type ScheduledSuite, schedules } from '../../deploy/aws/schedules.ts'
import type { Deployment } from '../../functions/shared/deployment.ts'

const names = { stage: 'dev', prefix: 'faultline-dev' }
const deployment = { clusters: { default: { eks: 'one' } } } as unknown as Deployment

function suite(name: string): ScheduledSuite {
  return { name, schedule: { cron: null, rate: '7 days', timezone: 'UTC', enabled: true, cluster: null, window: null } }
}

const made = (...suites: readonly string[]) => schedules(names, suites.map(suite), deployment)

it('a suite cannot take the place of the reaper’s schedule', () => {
  for (const name of ['reap', 'Reap']) {
    expect(() => made(name)).toThrow(
      `experiments/${name} has a schedule, which bears its name: it would take the place of the reaper's schedule`,
    )
  }
})

it('two suites cannot become one schedule', () => {
  expect(() => made('quick-test', 'quick_test')).toThrow("it would take the place of quick-test's schedule; rename it")
  expect(Object.keys(made('quick-test', 'quick-test-2'))).toEqual([
    'ScheduleGroup',
    'QuickTestSchedule',
    'QuickTest2Schedule',
    'ReapSchedule',
  ])
})

it.each(['größe', 'two words', 'x'.repeat(65), '.hidden', 'a/b'])(
  'a suite that AWS would not name a schedule after is refused: %s',
  (name) => {
    expect(() => made(name)).toThrow('rename it (1 to 64 ASCII letters, digits, "-", "_" and ".")')
  },
)
