import { readFileSync } from 'node:fs'
import { scheduledSuites } from '../deploy/aws/schedules.ts'
import { template } from '../deploy/aws/template.ts'
import { readForPackage } from '../functions/shared/deployment.ts'
import { defaultConfig } from '../lib/config.ts'
import type { FaultSpec } from '../lib/domain/suite.ts'
import { redeliverNotifications } from '../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns, sweepOrphans } from '../lib/engine/reap.ts'
import { countCalls, totalOf } from '../test/support/calls.ts'
import { countedStore, type Units } from '../test/support/capacity.ts'
import { fakeProbes, probeOf } from '../test/support/probes.ts'
import { Relay } from '../test/support/relay.ts'
import { crashloop, latency, memory, netfilter, partition, podDelete, stepOf, suiteOf } from '../test/support/suites.ts'
import { openWorld, World } from '../test/support/world.ts'

/** us-east-1's list prices in dollars, without the free tier, of November 2025 (https://aws.amazon.com/dynamodb/pricing/on-demand/ and the pages beside it). */
const prices = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  gbSecondArm: 13.3334e-6,
  invocation: 0.2e-6,
  schedule: 1e-6,
  event: 1e-6,
  alarm: 0.1,
  logGb: 0.5,
  fisActionMinute: 0.1,
} as const

const minute = 60_000
const roundsAMonth = 30 * 24 * 60
/** What an idle installation has behind it, as the figures of before had it. */
const endedRuns = 100
/** How long an API server or the table takes to answer, at most in most cases; the calls of a round as if each waited for the one before. */
const answerMs = 20
/** Of what Lambda and a round itself write. */
const logBytesOfRound = 500
/** What a function can be given; it gets CPU in proportion (1,769 MB: one processor), so that less is not tried here but computed. */
const memorySizes = [128, 192, 256, 512] as const
const mostDollars = { gameDay: 0.006, idleMonth: 1.2 } as const

const faults: readonly FaultSpec[] = [partition, podDelete, memory, latency, netfilter, crashloop]

/**
 * What a game day of 30 minutes with 6 faults and a probe costs on AWS, and a month in which nothing happens: request units counted by
 * DynamoDB's own rules under a virtual clock, so that they are the same on every machine, and GB-seconds of drivers that hand over as
 * packaged. Beside it what AWS FIS bills for the minutes of the same actions.
 */
export async function cost() {
  const memoryGb = Number(/memorySize: (\d+)/.exec(readFileSync('serverless.yml', 'utf8'))?.[1]) / 1024
  const gameDay = await gameDayOf(memoryGb)
  const idleMonth = await idleMonthOf(memoryGb)
  const ok = gameDay.dollars <= mostDollars.gameDay && idleMonth.dollars <= mostDollars.idleMonth
  return { ok, prices, memoryMb: memoryGb * 1024, gameDay, idleMonth, limits: mostDollars }
}

/** A world whose table is counted. */
async function countedWorld(): Promise<{ readonly world: World; readonly units: Units }> {
  const { clock, sandbox, ref, cluster } = await openWorld({ replicas: 12 })
  const { store, units } = countedStore(clock)
  return { world: new World({ clock, sandbox, store, ref, cluster }), units }
}

async function gameDayOf(memoryGb: number) {
  const { world, units } = await countedWorld()
  try {
    const steps = faults.map((fault) => stepOf(fault, { durationMs: 4 * minute, intervalMs: minute }))
    const suite = suiteOf(steps, {
      graceBeforeMs: 15_000,
      graceAfterMs: 15_000,
      maxDurationMs: 60 * minute,
      probes: [probeOf('errors', { intervalMs: 5_000 })],
    })
    const relay = new Relay(world, {
      timeMs: 15 * minute,
      handOver: defaultConfig.handOver,
      through: (engine) => ({ ...engine, probes: () => fakeProbes(() => 0) }),
    })
    const from = world.clock.now()
    const run = await relay.run(suite)
    if (run.status !== 'succeeded') throw new Error(`the game day ended as ${run.status}: ${run.abort?.detail}`)
    const minutes = (world.clock.now() - from) / minute
    const driverSeconds = relay.left.reduce((sum, { at, endsAt }) => sum + (at - (endsAt - 15 * minute)) / 1000, 0)
    const invocations = relay.left.length
    const table = (units.writes + units.indexWrites) * prices.writeUnit + units.reads * prices.readUnit
    const dollarsWith = (gb: number) => table + driverSeconds * gb * prices.gbSecondArm + invocations * (prices.invocation + prices.event)
    const dollars = dollarsWith(memoryGb)
    const byMemoryMb = Object.fromEntries(memorySizes.map((size) => [size, dollarsWith(size / 1024)]))
    const fisDollars = faults.length * 4 * prices.fisActionMinute
    return {
      minutes,
      faults: faults.length,
      units,
      invocations,
      driverSeconds,
      gbSeconds: driverSeconds * memoryGb,
      tableDollars: table,
      dollars,
      byMemoryMb,
      fisDollars,
      timesCheaperThanFis: fisDollars / dollars,
    }
  } finally {
    await world.close()
  }
}

async function idleMonthOf(memoryGb: number) {
  const { world, units } = await countedWorld()
  try {
    for (let n = 0; n < endedRuns; n++)
      await world.run(world.engine(), suiteOf([stepOf(podDelete, { durationMs: 1_000 })], { graceBeforeMs: 0, graceAfterMs: 0 }), {
        key: `ended ${n}`,
      })
    await world.pass(60 * minute)
    const before = { writes: units.writes + units.indexWrites, reads: units.reads, requests: units.requests }
    const { calls, stop } = countCalls(world)
    const engine = world.engine('reaper')
    await world.play(
      (async () => {
        await reapRuns(engine, await engine.store.runs.due(engine.clock.now()))
        await sweepOrphans(engine, await engine.connect(world.ref))
        await redeliverNotifications(engine, () => {})
      })(),
    )
    stop()
    const reads = units.reads - before.reads
    const writes = units.writes + units.indexWrites - before.writes
    const requests = totalOf(calls) + units.requests - before.requests
    const seconds = (requests * answerMs) / 1000
    const alarms = Object.values(template('prod', readForPackage('faultline.config.json', 'prod'), scheduledSuites('experiments'))).flatMap(
      (resources) => Object.values(Object(resources)).filter((resource) => Object(resource).Type === 'AWS::CloudWatch::Alarm'),
    ).length
    const logs = (roundsAMonth * logBytesOfRound * prices.logGb) / 1e9
    const table = roundsAMonth * (reads * prices.readUnit + writes * prices.writeUnit)
    const functions = roundsAMonth * (seconds * memoryGb * prices.gbSecondArm + prices.invocation + prices.schedule)
    return {
      round: { reads, writes, requests, seconds },
      alarms,
      tableDollars: table,
      functionDollars: functions,
      alarmDollars: alarms * prices.alarm,
      logDollars: logs,
      dollars: table + functions + alarms * prices.alarm + logs,
    }
  } finally {
    await world.close()
  }
}
