import type { Running } from '../command.ts'
import type { Stage } from '../stage.ts'

/** A cut of a pod that a client of another node, in a pod of its own, sees come and go. */
export interface SeenFromOutside {
  readonly run: Running
  /** Tells the client to stop, once the cut should be over: for how long it got no answer, s; not over yet counts up to now. */
  cutFor(): Promise<number>
}

/** Injects a partition of one pod while a client asks that pod every twentieth of a second, until it is told to stop. */
export async function seenFromOutside(stage: Stage, args: readonly string[], kubeconfig?: string): Promise<SeenFromOutside> {
  const { observer, options } = stage
  const target = await stage.target()
  const from = observer.nodes.find((node) => node !== target.spec.nodeName) ?? observer.nodes[0] ?? ''
  const dial = `curl -s -o /dev/null -m 0.1 --connect-timeout 0.1 http://${target.status?.podIP}:${options.workloadPort}/`
  const mark = `/tmp/look-${target.metadata.name}`
  const client = `: >${mark}; while [ -e ${mark} ]; do
    at=$(date +%s%3N); if ${dial}; then echo "$at yes"; else echo "$at no"; fi; sleep 0.05; done; echo "$(date +%s%3N) yes"`
  const looking = observer.onNode(from, client)
  // Its failure is met where its answer is wanted.
  looking.catch(() => undefined)
  const run = await stage.injected(
    ['network-partition', 'specific', '--allow-unused', '--targets', target.metadata.name, ...args],
    kubeconfig,
  )
  const cutFor = async () => {
    await observer.onNode(from, `sleep 1; rm -f ${mark}`)
    return longestCut(await looking)
  }
  return { run, cutFor }
}

/** From the first question without an answer to the first with one again, of the longest such time. */
function longestCut(looks: string): number {
  let [since, longest] = [0, 0]
  for (const line of looks.split('\n')) {
    const [at, answered] = line.split(' ')
    if (answered === 'no') since = since === 0 ? Number(at) : since
    else if (answered === 'yes' && since > 0) {
      longest = Math.max(longest, Number(at) - since)
      since = 0
    }
  }
  return longest / 1000
}
