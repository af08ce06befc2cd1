import { reapUntilProven, type Stage, untilNothingActs } from '../stage.ts'
import { type Account, type HostileScenario, inShort, listed } from './scenario.ts'

/** How long a cut is asked to hold, s. */
const askedSeconds = 15
/** How far from that it may be, seen by a client outside, s; 0.1 of it is how often the client looks. */
const mayBeOffSeconds = 0.3 + 0.1
/** The fuse's margin after the planned end (docs/faults.md), and what the cluster needs to end a pod, s. */
const fuseSeconds = 10 + 4

/** A client of another node asks the target ten times a second: how long is it cut off, really? */
export const holdScenarios: readonly HostileScenario[] = [
  { name: 'held as long as asked: netfilter', play: (stage) => held(stage, 'netfilter') },
  { name: 'held as long as asked: policy', play: (stage) => held(stage, 'policy') },
  { name: 'runner killed, the fuse alone: netfilter', play: (stage) => alone(stage, 'netfilter') },
  { name: 'runner killed, the fuse alone: policy', play: (stage) => alone(stage, 'policy') },
]

type Mechanism = 'netfilter' | 'policy'

async function held(stage: Stage, mechanism: Mechanism): Promise<Account> {
  const { run, cutFor } = await watched(stage, mechanism, 40)
  await run.done
  const seen = await cutFor()
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, 20_000)
  return {
    told: inShort(told),
    truth: `asked for ${askedSeconds} s, cut off for ${seen.seconds.toFixed(2)} s; left: ${listed(left)}`,
    agree: told.verdict === 'succeeded' && left.length === 0 && Math.abs(seen.seconds - askedSeconds) <= mayBeOffSeconds,
  }
}

async function alone(stage: Stage, mechanism: Mechanism): Promise<Account> {
  const { run, cutFor } = await watched(stage, mechanism, 60)
  run.kill()
  const seen = await cutFor()
  const late = seen.seconds - askedSeconds
  await reapUntilProven(stage)
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, 20_000)
  return {
    told: inShort(told),
    truth: `open again ${late.toFixed(1)} s after its planned end; left: ${listed(left)}`,
    agree: told.verdict === 'aborted' && left.length === 0 && late > 0 && late <= fuseSeconds,
  }
}

/** Injects while a client looks for so many seconds; for how long it got no answer. */
async function watched(stage: Stage, mechanism: Mechanism, lookSeconds: number) {
  const { observer, options } = stage
  const target = await stage.target()
  const from = observer.nodes.find((node) => node !== target.spec.nodeName) ?? observer.nodes[0] ?? ''
  const dial = `curl -s -o /dev/null -m 0.1 --connect-timeout 0.1 http://${target.status?.podIP}:${options.workloadPort}/`
  const client = `end=$(($(date +%s) + ${lookSeconds})); while [ "$(date +%s)" -lt "$end" ]; do
    at=$(date +%s%3N); if ${dial}; then echo "$at yes"; else echo "$at no"; sleep 0.05; fi; sleep 0.05; done`
  const looking = observer.onNode(from, client)
  // Its failure is met where its answer is wanted.
  looking.catch(() => undefined)
  const run = await stage.injected([
    'network-partition',
    'specific',
    '--mechanism',
    mechanism,
    '--allow-unused',
    '--targets',
    target.metadata.name,
    '--duration',
    `${askedSeconds}`,
  ])
  return { run, cutFor: async () => longestCut(await looking) }
}

/** From the first question without an answer to the first with one again, of the longest such time. */
export function longestCut(looks: string): { readonly seconds: number } {
  let [since, longest] = [0, 0]
  for (const line of looks.split('\n')) {
    const [at, answered] = line.split(' ')
    if (answered === 'no') since = since === 0 ? Number(at) : since
    else if (answered === 'yes' && since > 0) {
      longest = Math.max(longest, Number(at) - since)
      since = 0
    }
  }
  return { seconds: longest / 1000 }
}
