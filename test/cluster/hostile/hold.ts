import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../place.ts'
import { reapUntilProven, type Stage, untilNothingActs } from '../stage.ts'
import { seenFromOutside } from './outside.ts'
import { type Account, type HostileScenario, inShort, listed } from './scenario.ts'

/** How long a cut is asked to hold, s. */
const askedSeconds = 15
/** How far from that it may be, seen by a client outside, s; 0.1 of it is how often the client looks. */
const mayBeOffSeconds = 0.3 + 0.1
/** The fuse's margin after the planned end (docs/faults.md), and what the cluster needs to end a pod, s. */
const fuseSeconds = 10 + 4

/** How long the runner lives while the fault is held, ms: two looks of its own. */
const heldForMs = 4_000

/** A client of another node asks the target ten times a second: how long is it cut off, really? */
export const holdScenarios: readonly HostileScenario[] = [
  { name: 'held as long as asked: netfilter', play: (stage) => held(stage, 'netfilter') },
  { name: 'held as long as asked: policy', play: (stage) => held(stage, 'policy') },
  { name: 'runner killed, the fuse alone: netfilter', play: (stage) => alone(stage, 'netfilter') },
  { name: 'runner killed, the fuse alone: policy', play: (stage) => alone(stage, 'policy') },
]

type Mechanism = 'netfilter' | 'policy'
const cut = (mechanism: Mechanism) => ['--mechanism', mechanism, '--duration', `${askedSeconds}`]

async function held(stage: Stage, mechanism: Mechanism): Promise<Account> {
  const { run, cutFor } = await seenFromOutside(stage, cut(mechanism))
  await run.done
  const seen = await cutFor()
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, 20_000)
  return {
    told: inShort(told),
    truth: `asked for ${askedSeconds} s, cut off for ${seen.toFixed(2)} s; left: ${listed(left)}`,
    agree: told.verdict === 'succeeded' && left.length === 0 && Math.abs(seen - askedSeconds) <= mayBeOffSeconds,
  }
}

async function alone(stage: Stage, mechanism: Mechanism): Promise<Account> {
  const { run, cutFor } = await seenFromOutside(stage, cut(mechanism))
  // The bite is told before the fuse is moved to what follows the planned end.
  await until('the fault is held', async () => (await stage.told()).verdict === 'holding')
  await sleep(heldForMs)
  run.kill()
  await untilNothingActs(stage.observer, (askedSeconds + fuseSeconds + 30) * 1000)
  const seen = await cutFor()
  const late = seen - askedSeconds
  await reapUntilProven(stage)
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, 20_000)
  return {
    told: inShort(told),
    truth: `open again ${late.toFixed(1)} s after its planned end; left: ${listed(left)}`,
    agree: told.verdict === 'aborted' && left.length === 0 && late > 0 && late <= fuseSeconds,
  }
}
