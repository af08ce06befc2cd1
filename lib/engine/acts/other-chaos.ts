import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import { judgeFis } from '../../domain/fis-experiment.ts'
import type { Node } from '../../domain/kube.ts'
import { type ChaosObject, type ChaosTool, chaosTools, judgeOtherChaos } from '../../domain/other-chaos.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { unlessForbidden } from './unless-forbidden.ts'

type Place = Pick<FaultContext, 'cluster' | 'namespace'>

/** Chaos of other tools on the cluster, or of AWS FIS on its nodes. One call tells which of them are installed; only those are looked at. */
export async function otherChaos(place: Place): Promise<{ readonly refusals: readonly Refusal[]; readonly warnings: readonly string[] }> {
  const groups = (await place.cluster.groups?.().catch(unlessForbidden<string>)) ?? []
  const tools = chaosTools.filter(({ group }) => groups.includes(group))
  const found = await Promise.all([...tools.map((tool) => lookAt(tool, place)), lookAtFis(place)])
  return {
    refusals: found.flatMap(({ against }) => against.map((message): Refusal => ({ code: 'busy', step: null, message }))),
    warnings: found.flatMap(({ beside }) => beside),
  }
}

async function lookAt(tool: ChaosTool, { cluster, namespace }: Place): Promise<ReturnType<typeof judgeOtherChaos>> {
  const { apiVersion, name } = tool
  try {
    const lists = await Promise.all(tool.kinds.map((kind) => cluster.objects.list<ChaosObject>({ apiVersion, kind }).catch(unlessAbsent)))
    return judgeOtherChaos(tool, lists.flat(), namespace)
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code !== 'forbidden') throw error
    const why = `${name} is installed, and what it is doing may not be listed (deploy/rbac.yaml grants it): whether it is at work is not known`
    return { against: [], beside: [why] }
  }
}

/**
 * Asked only where the cluster is one of EKS. That FIS may not be asked, or does not answer, is told and speaks against nothing: a game day
 * must not hang on a service that it does not need.
 */
async function lookAtFis({ cluster, namespace }: Place): Promise<ReturnType<typeof judgeFis>> {
  try {
    const experiments = (await cluster.experiments?.()) ?? []
    const nodes = experiments.length === 0 ? [] : await cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
    return judgeFis(experiments, nodes, namespace)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return { against: [], beside: [`whether AWS FIS is at work is not known: ${error.message}`] }
  }
}

/** A kind that this version of the tool does not have. */
function unlessAbsent(error: unknown): readonly ChaosObject[] {
  if (error instanceof KubernetesError && error.code === 'not_found') return []
  throw error
}
