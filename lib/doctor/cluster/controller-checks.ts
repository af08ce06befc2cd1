import { FaultlineError } from '../../domain/errors.ts'
import { failed, type Outcome, off, ok, together, unknown, warning } from '../../domain/finding.ts'
import type { Job, KubeObject, Node, Pod } from '../../domain/kube.ts'
import { isReady } from '../../domain/kube.ts'
import { armFuse, startBudgetMs } from '../../faults/fuse.ts'
import { fuseJob, jobRef } from '../../faults/fuse-job.ts'
import { isBurning } from '../../faults/fuse-state.ts'
import { pause } from '../../faults/pause.ts'
import { portOf } from '../../faults/pods.ts'
import type { Check } from '../examine.ts'
import { notAllowed } from './access-checks.ts'
import type { ClusterLook } from './cluster-look.ts'
import { longestLookMs } from './own-objects.ts'

const shortFuseMs = 2_000
/** It goes within a second of its deadline; after a change of the controller manager's leader 15 s more. */
const burntBudgetMs = startBudgetMs + 15_000
const pollMs = 250

/** A fuse of 2 s without a pod: started by the Job controller, failed at its deadline, and taken away by the TTL controller. */
export const ttlController: Check<ClusterLook> = {
  what: 'fuses burn by themselves',
  needs: ['identity'],
  look: async (look) => {
    const spec = { namespace: look.config.injector.namespace, name: `faultline-${look.runId}-ttl`, pod: null }
    const burnsAt = look.clock.now() + shortFuseMs
    try {
      look.own.note(look)
      await look.cluster.objects.create(fuseJob(look, spec, { step: 0, role: 'fuse', burnsAt }), { until: look.interrupt })
    } catch (error) {
      return notAllowed(error, 'no fuse can be made')
    }
    for (;;) {
      const job = await look.cluster.objects.get<Job>(jobRef(spec))
      const late = look.clock.now() - burnsAt
      if (job === undefined)
        return [ok(`a fuse of ${shortFuseMs / 1000} s was gone ${Math.max(0, late / 1000).toFixed(1)} s after its deadline`)]
      if (late >= burntBudgetMs) return [stays(job)]
      await pause(look, pollMs, 'a fuse of 2 s')
    }
  },
}

function stays(job: Job): Outcome {
  const logs = 'kubectl -n kube-system logs -l component=kube-controller-manager'
  if (job.spec.suspend === true)
    return failed(
      'Jobs are suspended as they are made (a queueing webhook?): no fuse would burn',
      'kubectl get mutatingwebhookconfigurations',
    )
  if (job.status?.startTime === undefined) return failed('the Job controller did not start it: no fuse would burn', logs)
  if (isBurning(job)) return failed('its deadline passed and Kubernetes did not end it: no fuse would burn', logs)
  return failed(
    'it burnt, and was not taken away: what a fuse owns would stay',
    'let kube-controller-manager run its controller ttl-after-finished (--controllers=*), and the garbage collector',
  )
}

/** The pod that would uncordon a node, armed beside a node that is not cordoned: it has nothing to undo, and says so. */
export const cordonFuse: Check<ClusterLook> = {
  what: "the fuse of a drain's cordon",
  needs: ['identity'],
  look: async (look) => {
    const { cordonImage: image, cordonServiceAccount: serviceAccount } = look.config.fuse
    if (image === null)
      return [off('no image is named: drains are refused, unless a suite accepts none', '--fuse-image IMAGE (with kubectl or curl)')]
    try {
      const nodes = await look.cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
      const [node, another] = nodes.filter(({ spec }) => spec.unschedulable !== true)
      if (node === undefined || another === undefined)
        return [warning('a drain needs a second node that takes pods, for its fuse', 'kubectl get nodes')]
      const { namespace } = look.config.injector
      const account = await look.cluster.objects.get<KubeObject>({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace,
        name: serviceAccount,
      })
      if (account === undefined)
        return [failed(`there is no service account ${serviceAccount} in ${namespace}`, 'kubectl apply -f deploy/rbac.yaml')]
      look.own.note(look)
      const spec = { namespace, name: `faultline-${look.runId}-cordon`, pod: { image, serviceAccount, awayFrom: node.metadata.name } }
      await armFuse(look, spec, { step: 0, role: 'fuse', burnsAt: look.clock.now() + longestLookMs })
      return [ok(`${image} reads its node and its Job, and is ready to uncordon`)]
    } catch (error) {
      if (!(error instanceof FaultlineError) || error.code !== 'fuse_not_armed') return notAllowed(error, 'it cannot be tried')
      return [failed(error.message, `an image with kubectl or curl that nodes can pull, and kubectl apply -f deploy/rbac.yaml`)]
    }
  },
}

const mostDialled = 5

/** Whether the API server reaches pods of the workload, on which the canary of a partition by policy rests. */
export const podPath: Check<ClusterLook> = {
  what: 'API server to pods of the workload',
  needs: ['identity'],
  look: async (look) => {
    const { namespace, selector } = look
    try {
      const pods = await look.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: selector })
      const byNode = new Map(pods.filter((pod) => isReady(pod) && portOf(pod) !== undefined).map((pod) => [pod.spec.nodeName ?? '', pod]))
      if (byNode.size === 0) {
        const why = pods.length === 0 ? 'there is no pod' : `none of ${pods.length} pods is Ready and says its port`
        return [unknown(`${why} of ${selector} in namespace ${namespace}`, '--namespace and --selector name the workload')]
      }
      return together(await Promise.all([...byNode.values()].slice(0, mostDialled).map((pod) => dialled(look, pod))), 'nodes')
    } catch (error) {
      return notAllowed(error, 'pods cannot be dialled')
    }
  },
}

async function dialled({ cluster }: ClusterLook, pod: Pod): Promise<Outcome> {
  const { name, namespace = '' } = pod.metadata
  const port = portOf(pod) ?? 0
  const node = pod.spec.nodeName ?? null
  const { outcome, message } = await cluster.pods.dial({ namespace, name, port }, '/')
  const what = `port ${port} of pod ${name}`
  const fix = `allow the control plane to reach port ${port} of nodes and pods (EKS: the nodes' security group, from the cluster's)`
  if (outcome === 'reached') return ok(`port ${port} of a pod answers`, node)
  if (outcome === 'unknown') return unknown(`${what}: ${message}`, 'see permissions; kubectl get --raw /readyz', node)
  return warning(`${what} is not reached: ${message}; a partition by policy could not be measured`, fix, node)
}

/** metrics.k8s.io, which tells what nodes and pods use. */
export const metrics: Check<ClusterLook> = {
  what: 'metrics.k8s.io',
  needs: ['identity'],
  look: async ({ cluster }) => {
    const groups = await cluster.groups?.()
    if (groups === undefined) return [unknown('the API groups cannot be listed here', null)]
    const fix = 'kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml'
    if (!groups.includes('metrics.k8s.io')) return [warning('not served: kubectl top and autoscalers are blind', fix)]
    try {
      const nodes = await cluster.objects.list({ apiVersion: 'metrics.k8s.io/v1beta1', kind: 'NodeMetrics' })
      return nodes.length > 0 ? [ok(`figures of ${nodes.length} nodes`)] : [warning('served, and has no figures', 'kubectl top nodes')]
    } catch (error) {
      if (error instanceof FaultlineError && error.code !== 'forbidden')
        return [warning(`served, and does not answer: ${error.message}`, 'kubectl get apiservice v1beta1.metrics.k8s.io -o yaml')]
      return notAllowed(error, 'its figures cannot be read')
    }
  },
}
