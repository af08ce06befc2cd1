import type { Running } from '../command.ts'
import type { Stage } from '../stage.ts'

/** A cut of a pod that a client of another node, in a pod of its own, sees come and go. */
export interface SeenFromOutside {
  readonly run: Running
  /** Resolves once the client has looked long enough: for how long it got no answer. */
  cutFor(): Promise<{ readonly seconds: number }>
}

/** Injects a partition of one pod while a client asks that pod every twentieth of a second, for so many seconds. */
export async function seenFromOutside(
  stage: Stage,
  { args, lookSeconds, kubeconfig }: { readonly args: readonly string[]; readonly lookSeconds: number; readonly kubeconfig?: string },
): Promise<SeenFromOutside> {
  const { observer, options } = stage
  const target = await stage.target()
  const from = observer.nodes.find((node) => node !== target.spec.nodeName) ?? observer.nodes[0] ?? ''
  const dial = `curl -s -o /dev/null -m 0.1 --connect-timeout 0.1 http://${target.status?.podIP}:${options.workloadPort}/`
  const client = `end=$(($(date +%s) + ${lookSeconds})); while [ "$(date +%s)" -lt "$end" ]; do
    at=$(date +%s%3N); if ${dial}; then echo "$at yes"; else echo "$at no"; fi; sleep 0.05; done`
  const looking = observer.onNode(from, client)
  // Its failure is met where its answer is wanted.
  looking.catch(() => undefined)
  const run = await stage.injected(
    ['network-partition', 'specific', '--allow-unused', '--targets', target.metadata.name, ...args],
    kubeconfig,
  )
  return { run, cutFor: async () => longestCut(await looking) }
}

/** From the first question without an answer to the first with one again, of the longest such time. */
function longestCut(looks: string): { readonly seconds: number } {
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
