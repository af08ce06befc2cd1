// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of suites are written so
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { scheduledSuites } from '../../deploy/aws/schedules.ts'
import { controlInput, startInput } from '../../functions/shared/inputs.ts'
import { findSuite } from '../../functions/shared/suites.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-variables-'))
const step = { name: 'A', type: 'node_failure', params: { failure_type: 'crashloop' }, duration: '${SECONDS:-10}' }

beforeAll(() => {
  writeFileSync(join(folder, 'weekly.json'), JSON.stringify({ name: 'Weekly', namespace: '${NS:-shop}', experiments: [step] }))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('an event sets the variables of a suite, packaged or sent along', async () => {
  const { suite, set } = checked(startInput, { suite: 'weekly', set: { NS: 'canary', SECONDS: 5 } }, 'the input of start')
  const variables = [
    { name: 'NS', value: 'canary', from: 'said' },
    { name: 'SECONDS', value: '5', from: 'said' },
  ]
  expect(await findSuite(folder, suite, set)).toMatchObject({ namespace: 'canary', steps: [{ durationMs: 5000 }], variables })
  expect(await findSuite(folder, { name: 'S', experiments: [step] }, { SECONDS: 5 })).toMatchObject({ steps: [{ durationMs: 5000 }] })
  expect(await findSuite(folder, 'weekly')).toMatchObject({ namespace: 'shop', steps: [{ durationMs: 10_000 }] })
  expect(checked(controlInput, { action: 'plan', suite: 'weekly', set: { NS: 'canary' } }, 'the input of control')).toMatchObject({
    set: { NS: 'canary' },
  })
})

it('what is said of no variable is refused, and so is a name that is none', async () => {
  await expect(findSuite(folder, 'weekly', { MS: 'canary' })).rejects.toThrow('set: `MS`: did you mean `NS`? Allowed: NS, SECONDS')
  expect(() => checked(startInput, { suite: 'weekly', set: { 'a b': 'x' } }, 'the input of start')).toThrow('expected names of variables')
})

it('the environment of a function is not read: it holds its credentials', async () => {
  process.env.FAULTLINE_VAR_NS = 'elsewhere'
  try {
    expect(await findSuite(folder, 'weekly')).toMatchObject({ namespace: 'shop' })
  } finally {
    delete process.env.FAULTLINE_VAR_NS
  }
})

it('a packaged suite has a default for each variable: its schedule could say none', () => {
  expect(scheduledSuites(folder)).toEqual([])
  writeFileSync(join(folder, 'bare.json'), JSON.stringify({ name: 'Bare', namespace: '${NS}', experiments: [step] }))
  expect(() => scheduledSuites(folder)).toThrow('`${NS}` is not set and has no default')
  rmSync(join(folder, 'bare.json'))
})
