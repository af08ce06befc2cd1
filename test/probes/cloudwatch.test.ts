import { afterEach, describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../lib/config.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'
import { sourceText } from '../../lib/domain/tolerance.ts'
import { createProbes } from '../../lib/probes/probes.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const alarm = { name: 'checkout', type: 'cloudwatch_alarm', alarm: 'checkout-errors', tolerance: 0, interval: 1 }
const suiteText = (probes: readonly object[], thresholds: readonly object[] = []) =>
  JSON.stringify({
    ...{ name: 'Cut', gracePeriod: 0, probes, thresholds },
    experiments: [{ name: 'Cut', type: 'network_partition', params: { partition_type: 'random', mechanism: 'policy' }, duration: 60 }],
  })

function suiteOf(probes: readonly object[], thresholds: readonly object[] = []) {
  const parsed = parseSuite(suiteText(probes, thresholds), 'suite.json')
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems))
  return parsed.suite
}

describe('an alarm of CloudWatch', () => {
  it('as a threshold ends the run within one answer, and everything is undone', async () => {
    world = await openWorld()
    const before = world.footprint()
    let asked = 0
    const cloudWatch = async () => (++asked < 6 ? { value: 0, message: 'OK' } : { value: 1, message: 'ALARM: too many errors' })
    const { clock, cluster } = world
    const probes = createProbes({ prometheus: defaultConfig.prometheus, sign: async () => ({}), clock, cloudWatch })
    const engine = world.engine('driver-1', { probes: probes({ cluster, namespace: 'jadevectordb-system' }) })
    const run = await world.run(engine, suiteOf([alarm], [{ probe: 'checkout', when: '> 0', action: 'abort', severity: 'critical' }]))
    expect(run).toMatchObject({ status: 'aborted' })
    const history = await world.store.ledger.history(run.id)
    expect(history.filter(({ type }) => type === 'threshold_crossed')).toMatchObject([{ data: { probe: 'checkout', value: 1 } }])
    expect(world.footprint()).toEqual(before)
  })

  it('is asked within its own timeout', async () => {
    const waits: AbortSignal[] = []
    const cloudWatch = async (_: CloudWatchSource, { signal }: { readonly signal: AbortSignal }) => {
      waits.push(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw signal.reason
    }
    const [probe] = suiteOf([{ ...alarm, timeout: 0.1 }]).probes
    const port = createProbes({
      prometheus: defaultConfig.prometheus,
      sign: async () => ({}),
      clock: { now: () => 0, sleep: async () => undefined },
      cloudWatch,
    })
    const options = { signal: new AbortController().signal, memory: new Map() }
    if (probe === undefined) throw new Error('the suite has no probe')
    await expect(port({ cluster: {} as never, namespace: 'a' }).ask(probe, options)).rejects.toThrow()
    expect(waits[0]?.aborted).toBe(true)
  })
})

describe('in a suite', () => {
  it('a probe of CloudWatch is told with its defaults', () => {
    const metric = {
      name: 'p99',
      type: 'cloudwatch_metric',
      namespace: 'AWS/ApplicationELB',
      metric: 'TargetResponseTime',
      tolerance: '< 1',
    }
    const { probes } = suiteOf([alarm, { ...metric, dimensions: { LoadBalancer: 'app/shop/1' }, statistic: 'p99', period: 60 }])
    expect(probes.map(({ source }) => source)).toEqual([
      { type: 'cloudwatch_alarm', alarm: 'checkout-errors', region: null, whenEmpty: null },
      {
        ...{
          type: 'cloudwatch_metric',
          namespace: 'AWS/ApplicationELB',
          metric: 'TargetResponseTime',
          dimensions: { LoadBalancer: 'app/shop/1' },
        },
        ...{ statistic: 'p99', periodMs: 60_000, windowMs: 300_000, region: null, whenEmpty: null },
      },
    ])
    expect(probes.map(({ source }) => sourceText(source))).toEqual([
      'CloudWatch alarm checkout-errors',
      'p99 over 60 s of CloudWatch AWS/ApplicationELB TargetResponseTime, LoadBalancer=app/shop/1',
    ])
  })

  it.each([
    [{ ...alarm, region: 'Frankfurt' }, /a region of AWS: eu-central-1/],
    [{ ...alarm, query: 'up' }, /query/],
    [{ name: 'm', type: 'cloudwatch_metric', namespace: 'A', metric: 'B', tolerance: 1, period: 45 }, /whole minutes/],
    [
      { name: 'm', type: 'cloudwatch_metric', namespace: 'A', metric: 'B', tolerance: 1, statistic: 'average' },
      /a statistic of CloudWatch/,
    ],
  ])('%j is told what is wrong', (probe, message) => {
    const parsed = parseSuite(suiteText([probe]), 'suite.json')
    expect(parsed.ok ? '' : formatProblems(parsed.problems)).toMatch(message)
  })
})
