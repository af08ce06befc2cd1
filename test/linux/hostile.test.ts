import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseInjectorLog } from '../../lib/faults/injector/protocol.ts'
import { seconds, TestNode } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
let target: TestPod
beforeAll(async () => {
  node = await TestNode.start()
  target = await node.pod()
})
afterAll(() => node.stop())

const evil = [
  '$(touch /tmp/owned)',
  '`touch /tmp/owned`',
  "'; touch /tmp/owned; '",
  '"; touch /tmp/owned; "',
  'a\nb',
  '-rf /',
  '*',
  '../../etc',
  '\\',
  '\u0007',
  'ü'.repeat(300),
  'x'.repeat(253),
  '1\n$(touch /tmp/owned)',
]

const parameters = [
  'FAULTLINE_ACTION',
  'FAULTLINE_TAG',
  'FAULTLINE_ENDS_AT',
  'FAULTLINE_AMOUNT',
  'FAULTLINE_PERCENT',
  'FAULTLINE_MILLICORES',
  'FAULTLINE_SIGNAL',
  'FAULTLINE_GRACE',
  'FAULTLINE_REPEAT',
  'FAULTLINE_PULSE_EVERY',
  'FAULTLINE_PULSE_FOR',
  'FAULTLINE_DIRECTION',
  'FAULTLINE_CIDRS',
  'FAULTLINE_KEEP',
  'FAULTLINE_PORTS',
  'FAULTLINE_DELAY_MS',
  'FAULTLINE_JITTER_MS',
  'FAULTLINE_LOSS_PCT',
  'FAULTLINE_CORRUPT_PCT',
  'FAULTLINE_DUPLICATE_PCT',
  'FAULTLINE_RATE_KBIT',
  'FAULTLINE_KEEP_PROBES',
  'FAULTLINE_ANSWER',
  'FAULTLINE_NAMES',
  'FAULTLINE_SHARE_PCT',
  'FAULTLINE_ADDRESS4',
  'FAULTLINE_ADDRESS6',
  'FAULTLINE_HTTP',
  'FAULTLINE_STATUS',
  'FAULTLINE_METHODS',
  'FAULTLINE_URL_PATH',
  'FAULTLINE_HEADERS',
  'FAULTLINE_OF',
  'FAULTLINE_TARGETS',
]

/** Everything it wrote on standard output is a line of the contract. */
function isAllContract(words: string): boolean {
  const lines = words.split('\n').filter(Boolean)
  return lines.length > 0 && parseInjectorLog(words).length === lines.length
}

describe('hostile parameters', () => {
  it.each(parameters)('are refused and never run: %s', async (name) => {
    const before = target.traces()
    const injectors = evil.map((value) =>
      node.inject({ FAULTLINE_ACTION: 'cut-network', FAULTLINE_TARGETS: target.line(), FAULTLINE_ENDS_AT: seconds(30), [name]: value }),
    )
    for (const injector of injectors) {
      expect(await injector.exited()).toBe(2)
      expect(isAllContract(injector.words)).toBe(true)
      expect(injector.of('error').length).toBeGreaterThan(0)
    }
    expect(node.run('ls -A /tmp')).toBe('')
    expect(target.traces()).toBe(before)
  })

  it('are taken literally where anything is allowed: a path', async () => {
    const pod = await node.pod({
      main: `mkdir -p "/tmp/a b" '/tmp/$(touch x)' "/tmp/q\\"'q" '/tmp/;x' /tmp/-n; trap "exit 0" TERM; while :; do sleep 0.1; done`,
    })
    for (const path of ['/tmp/a b', '/tmp/$(touch x)', `/tmp/q"'q`, '/tmp/;x', '/tmp/-n']) {
      const injector = node.inject({
        FAULTLINE_ACTION: 'fill-disk',
        FAULTLINE_TARGETS: pod.line(),
        FAULTLINE_ENDS_AT: seconds(30),
        FAULTLINE_AMOUNT: '2',
        FAULTLINE_PATH: path,
      })
      const [bite] = await injector.says('bite')
      expect(bite).toMatchObject({ ok: true, name: 'disk held', value: 2 })
      expect(pod.files(path)).toEqual([])
      injector.term()
      await injector.exited()
      expect(isAllContract(injector.words)).toBe(true)
      expect(pod.files(path)).toEqual([])
    }
  })

  it('names of 253 characters are names', async () => {
    const pod = await node.pod()
    const [uid, id] = pod.line().split(' ')
    const injector = node.inject({
      FAULTLINE_ACTION: 'cut-network',
      FAULTLINE_TARGETS: `${uid} ${id} ${'n'.repeat(63)}/${'p'.repeat(253)}/${'c'.repeat(63)}`,
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_TAG: `${'r'.repeat(120)}-1`,
    })
    await injector.says('bite')
    injector.term()
    await injector.exited()
    expect(pod.traces()).not.toContain('FLT')
  })
})
