import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import type * as z from 'zod'
import { suiteOfInput } from '../../functions/shared/control-starts.ts'
import { readDeployment } from '../../functions/shared/deployment.ts'
import { advanceInput, controlInput, reapInput, startInput } from '../../functions/shared/inputs.ts'
import { findSuite } from '../../functions/shared/suites.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import { damagedTexts } from './damage.ts'
import { told, toldLater } from './told.ts'

const count = 1_000
const events = join(import.meta.dirname, '../../functions/events')
const eventsOf = (name: string) =>
  readdirSync(events)
    .filter((file) => file.startsWith(name))
    .map((file) => readFileSync(join(events, file), 'utf8'))

/** Lambda hands over what is JSON, and nothing else. */
function* damagedEvents(name: string): Generator<unknown> {
  for (const text of damagedTexts(eventsOf(name), count)) {
    try {
      yield JSON.parse(text) as unknown
    } catch {}
  }
}

/** How many were taken, and how many refused: each must happen, else nothing was tried. */
async function judge(values: Iterable<unknown>, act: (value: unknown) => unknown): Promise<{ taken: number; refused: number }> {
  const judged = { taken: 0, refused: 0 }
  for (const value of values) {
    const outcome = await told(() => act(value))
    judged[outcome instanceof FaultlineError ? 'refused' : 'taken'] += 1
  }
  return judged
}

const both = { taken: expect.any(Number), refused: expect.any(Number) }
const folder = mkdtempSync(join(tmpdir(), 'faultline-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('whatever a function is invoked with', () => {
  const inputs: readonly (readonly [string, z.ZodType<unknown>])[] = [
    ['start', startInput],
    ['advance', advanceInput],
    ['control', controlInput],
  ]
  it.each(inputs)('%s takes it, or says what is wrong with it', async (name, schema) => {
    const judged = await judge(damagedEvents(name), (event) => checked(schema, event, `the input of ${name}`))
    expect(judged).toEqual(both)
    expect(Math.min(judged.taken, judged.refused)).toBeGreaterThan(20)
  })

  it('reap takes it: nothing of it is needed', async () => {
    expect(await judge(damagedEvents('reap'), (event) => checked(reapInput, event, 'the input of reap'))).toMatchObject({ refused: 0 })
  })

  it('a suite that comes along is one, or is refused with all that is wrong with it', async () => {
    const suites = readdirSync('experiments').filter((file) => file.endsWith('-suite.json'))
    const texts = suites.map((file) => `{"suite":${readFileSync(join('experiments', file), 'utf8')}}`)
    for (const text of damagedTexts(texts, count / 2)) {
      const input = told(() => checked(startInput, jsonOr(text, {}), 'the input of start'))
      if (input instanceof FaultlineError) continue
      const { suite } = input as z.output<typeof startInput>
      expect(await toldLater(findSuite('experiments', suite))).toBeDefined()
    }
  })

  it('an injection that is asked for makes a suite, or is refused with what is wrong with it', async () => {
    for (const event of damagedEvents('control-inject')) {
      const input = told(() => checked(controlInput, event, 'the input of control'))
      if (input instanceof FaultlineError || Object(input).action !== 'inject') continue
      const made = told(() => suiteOfInput(input as Parameters<typeof suiteOfInput>[0]))
      if (!(made instanceof FaultlineError)) expect(await toldLater(findSuite('experiments', made as object))).toBeDefined()
    }
  })
})

function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

describe('whatever faultline.config.json holds', () => {
  const whole = JSON.stringify({
    clusters: {
      one: { eks: 'one', region: 'eu-west-1', roleArn: 'arn:aws:iam::123456789012:role/faultline' },
      two: { secret: 'two', context: 'c' },
    },
    defaultCluster: 'one',
    injector: { image: 'registry/injector:1', resources: { requests: { cpu: '50m' } } },
    images: { pause: 'p' },
    guards: [{ clusters: ['one'], namespaces: ['shop-*'], most: { pods: 2 } }],
    alertEmails: ['on-call@example.com'],
    prometheus: { url: 'https://prometheus/', sigv4Region: 'eu-west-1' },
    vpc: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
    tags: { team: 'sre' },
    stages: { prod: { xray: true } },
  })

  it('is read, or refused with words', async () => {
    const file = join(folder, 'faultline.config.json')
    const judged = await judge(damagedTexts([whole, readFileSync('faultline.config.json', 'utf8')], count), (text) => {
      writeFileSync(file, text as string)
      return readDeployment(file, 'prod')
    })
    expect(judged.taken).toBeGreaterThan(20)
    expect(judged.refused).toBeGreaterThan(200)
  })
})
