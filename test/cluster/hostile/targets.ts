import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod } from '../../../lib/domain/kube.ts'
import { isReady, refOf } from '../../../lib/domain/kube.ts'
import { replicas, until } from '../place.ts'
import { type Stage, untilNothingActs } from '../stage.ts'
import { type Account, type HostileScenario, inShort, listed, says } from './scenario.ts'

const goneWithinMs = 20_000

/** What becomes of targets while a fault holds. */
export const targetScenarios: readonly HostileScenario[] = [
  { name: 'two pods join a partition of all', play: (stage) => grow(stage, false) },
  { name: 'two pods join, and are to be covered', play: (stage) => grow(stage, true) },
  { name: 'a target that grows by itself under a memory fault', play: growMemory },
  { name: 'a target whose page cache is full', play: fullCache },
  { name: 'a target that the kubelet evicts', play: evicted },
  { name: 'a target deleted in the middle', play: (stage) => deleted(stage, { duration: 25, earlyMs: 12_000 }) },
  { name: 'a target deleted within the last seconds', play: (stage) => deleted(stage, { duration: 25, earlyMs: 2_000 }) },
]

async function grow(stage: Stage, coverNew: boolean): Promise<Account> {
  await stage.target()
  const kind = ['network-partition', 'all', '--mechanism', coverNew ? 'policy' : 'netfilter', ...(coverNew ? ['--cover-new'] : [])]
  const run = await stage.injected([...kind, '--allow-unused', '--duration', '30'])
  const before = (await stage.place.pods()).map(({ metadata }) => metadata.name)
  await scale(stage, replicas + 2)
  const joined = async () => (await stage.place.pods()).filter((pod) => !before.includes(pod.metadata.name) && isReady(pod))
  await until('two pods have joined', async () => (await joined()).length === 2)
  await sleep(2000)
  const names: string[] = []
  const answers: boolean[] = []
  for (const pod of await joined()) {
    names.push(pod.metadata.name)
    answers.push(await answersFromOutside(stage, pod))
  }
  await run.done
  await scale(stage, replicas)
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  const named = names.every((name) => says(told, new RegExp(name)))
  return {
    told: `${inShort(told)}; ${named ? 'both named' : 'not both named'}`,
    truth: `${answers.filter(Boolean).length} of 2 new pods answer; left: ${listed(left)}`,
    agree: named && left.length === 0 && answers.every((answer) => answer !== coverNew),
  }
}

async function scale({ place }: Stage, to: number): Promise<void> {
  await place.cluster.objects.patch(
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: place.namespace, name: 'e2e' },
    { spec: { replicas: to } },
  )
}

/** Whether a pod of another node gets an answer. */
async function answersFromOutside({ observer, options }: Stage, pod: Pod): Promise<boolean> {
  const from = observer.nodes.find((node) => node !== pod.spec.nodeName) ?? observer.nodes[0] ?? ''
  const dial = `curl -s -o /dev/null -m 2 http://${pod.status?.podIP}:${options.workloadPort}/ && echo answered || true`
  return (await observer.onNode(from, dial)).includes('answered')
}

async function growMemory(stage: Stage): Promise<Account> {
  const target = await stage.target()
  const run = await stage.injected([...memory, '--targets', target.metadata.name, '--duration', '15'])
  // Forty MiB in a variable of a shell, held until after the planned end.
  const own = stage.observer.inPod(target.metadata.name, 'x=$(head -c 41943040 /dev/zero | tr "\\0" x); sleep 15; printf %s "$x" | wc -c')
  own.catch(() => undefined)
  await run.done
  const grown = Number(await own) / 1_048_576
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  return {
    told: inShort(told),
    truth: `the target itself took ${grown} MiB more; left: ${listed(left)}`,
    agree: told.verdict === 'succeeded' && left.length === 0 && grown === 40,
  }
}

async function fullCache(stage: Stage): Promise<Account> {
  const target = await stage.target()
  const { name } = target.metadata
  const cached =
    'awk \'$1 == "total_inactive_file" || $1 == "inactive_file" { print $2 }\' /sys/fs/cgroup/memory/memory.stat /sys/fs/cgroup/memory.stat 2>/dev/null'
  const fill = 'dd if=/dev/zero of=/tmp/cache bs=1048576 count=300 2>/dev/null;'
  const before = Number((await stage.observer.inPod(name, `${fill} ${cached} | tail -n 1`)).trim()) / 1_048_576
  const run = stage.inject([...memory, '--targets', name, '--duration', '10'])
  await run.done
  await stage.observer.inPod(name, 'rm -f /tmp/cache')
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  return {
    told: inShort(told),
    truth: `${before.toFixed(0)} MiB of its 256 MiB were page cache that can be reclaimed; left: ${listed(left)}`,
    agree: told.verdict === 'succeeded' && left.length === 0 && before > 128,
  }
}

const memory = ['resource-exhaustion', 'memory', '--intensity', 'low'] as const

async function evicted(stage: Stage): Promise<Account> {
  const target = await stage.target()
  const { name } = target.metadata
  const run = await stage.injected([...memory, '--targets', name, '--duration', '90'])
  // More than the limit of ephemeral storage: the kubelet looks every ten seconds and more.
  await stage.observer.inPod(name, 'dd if=/dev/zero of=/tmp/much bs=1048576 count=700 2>/dev/null; echo done').catch(() => '')
  let why = ''
  await until('the kubelet evicts the target, or the run ends', async () => {
    const pod = await stage.place.cluster.objects.get<Pod>(refOf(target))
    if (pod?.status?.reason === 'Evicted') why = pod.status.message ?? 'Evicted'
    return why !== '' || run.isOver()
  })
  await run.done
  const told = await stage.told()
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  await stage.place.cluster.objects.delete(refOf(target))
  return {
    told: inShort(told),
    truth: `${why === '' ? 'not evicted' : why}; left: ${listed(left)}`,
    agree: why !== '' && left.length === 0 && told.steps.some((step) => step.endCauses.includes('evicted')) && told.verdict !== 'succeeded',
  }
}

async function deleted(stage: Stage, { duration, earlyMs }: { readonly duration: number; readonly earlyMs: number }): Promise<Account> {
  const target = await stage.target()
  const run = await stage.injected([...memory, '--targets', target.metadata.name, '--duration', `${duration}`])
  // The fault counts from its first effect, which the run tells of later.
  const plannedEnd = Date.parse((await stage.told()).steps[0]?.plannedEnd ?? '')
  await sleep(Math.max(0, plannedEnd - earlyMs - Date.now()))
  const at = Date.now()
  await stage.place.cluster.objects.delete(refOf(target), { graceSeconds: 0 })
  await run.done
  const told = await stage.told()
  const early = (Date.parse(told.steps[0]?.plannedEnd ?? '') - at) / 1000
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  return {
    told: inShort(told),
    truth: `deleted ${early.toFixed(1)} s before the planned end; left: ${listed(left)}`,
    agree: left.length === 0 && told.steps.some((step) => step.endCauses.includes('deleted')) && told.verdict !== 'succeeded',
  }
}
