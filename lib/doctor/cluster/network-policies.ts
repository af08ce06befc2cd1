import { type Outcome, ok, together, unknown, warning } from '../../domain/finding.ts'
import type { NetworkPolicy } from '../../domain/kube.ts'
import { expiresAnnotation, ourLabels, roleLabel, runLabel } from '../../domain/labels.ts'
import { ownedBy } from '../../faults/fuse-job.ts'
import { isoSeconds } from '../../time.ts'
import type { Check } from '../examine.ts'
import { notAllowed } from './access-checks.ts'
import type { ClusterLook } from './cluster-look.ts'
import { noImage } from './node-looks.ts'
import type { NodeWatch } from './node-watch.ts'
import { longestLookMs } from './own-objects.ts'

/** CNIs obey a new policy within some seconds; the pod asks once a second, and waits 2 s for an answer that is dropped. */
const obeyedWithinMs = 20_000

/**
 * Whether the CNI obeys: the pods that look at nodes ask the API server once a second, a policy that denies these pods everything is made,
 * and the way must close on each node. Proves egress of pods, on each node by itself.
 */
export const networkPolicies: Check<ClusterLook> = {
  what: 'the CNI enforces NetworkPolicies',
  needs: ['identity'],
  look: async (look) => {
    try {
      const looked = await look.nodes.looked(look)
      if (looked === null) {
        const { found, fix } = noImage('whether policies bite')
        return [unknown(found, fix)]
      }
      const open = looked.watches.filter((watch) => way(watch) === 'yes')
      const blind = looked.watches.filter((watch) => way(watch) !== 'yes').map(cannotTell)
      if (open.length === 0)
        return blind.length === 0 ? [unknown('there is no node that could be looked at', 'kubectl get nodes')] : together(blind, 'nodes')
      await look.cluster.objects.create(await denyAll(look), { until: look.interrupt })
      const since = look.clock.now()
      const judged = open.map(async (watch) => {
        await watch.until(look, (one) => way(one) === 'no', obeyedWithinMs)
        return way(watch) === 'no'
          ? ok(`a deny bites within ${Math.ceil((look.clock.now() - since) / 1000)} s`, watch.node)
          : ignored(watch)
      })
      return together([...(await Promise.all(judged)), ...blind], 'nodes')
    } catch (error) {
      return notAllowed(error, 'the canary cannot be made')
    }
  },
}

const way = (watch: NodeWatch) => watch.said.get('way')?.state

function ignored({ node }: NodeWatch): Outcome {
  const fix =
    'say "mechanism": "netfilter" in suites, or let the CNI enforce policies (EKS: aws eks update-addon --cluster-name CLUSTER --addon-name vpc-cni --configuration-values \'{"enableNetworkPolicy":"true"}\')'
  return warning(
    `policies are ignored: a denied pod still reached the API server after ${obeyedWithinMs / 1000} s; partitions by policy have no effect`,
    fix,
    node,
  )
}

function cannotTell(watch: NodeWatch): Outcome {
  const said = watch.said.get('way')
  if (said === undefined) return unknown(`not known: ${watch.silence}`, 'see injector-image', watch.node)
  const fix = `kubectl get networkpolicies -A; kubectl get endpoints kubernetes`
  return unknown(`pods there do not reach the API server (${said.text}), so a policy cannot show on that way`, fix, watch.node)
}

async function denyAll(look: ClusterLook): Promise<NetworkPolicy> {
  const { runId, config, clock } = look
  const fuse = await look.own.fuse(look)
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: `faultline-${runId}`,
      namespace: config.injector.namespace,
      labels: ourLabels({ runId, step: 0, role: 'policy' }),
      annotations: { [expiresAnnotation]: isoSeconds(clock.now() + longestLookMs) },
      ownerReferences: ownedBy(fuse),
    },
    spec: { podSelector: { matchLabels: { [runLabel]: runId, [roleLabel]: 'check' } }, policyTypes: ['Ingress', 'Egress'] },
  }
}
