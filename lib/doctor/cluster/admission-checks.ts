import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import { failed, type Outcome, ok, together, unknown, warning } from '../../domain/finding.ts'
import type { Job, KubeObject, Namespace } from '../../domain/kube.ts'
import { fuseJob } from '../../faults/fuse-job.ts'
import { tryJob } from '../../faults/try-job.ts'
import type { Check } from '../examine.ts'
import { notAllowed } from './access-checks.ts'
import type { ClusterLook } from './cluster-look.ts'

/** What deploy/admission installs. */
export const admissionPolicies = [
  'faultline-job-marks',
  'faultline-marks',
  'faultline-jobs',
  'faultline-nodes',
  'faultline-pods',
  'faultline-policies',
] as const

interface Binding extends KubeObject {
  readonly spec?: { readonly policyName?: string; readonly validationActions?: readonly string[] }
}

const install = 'kubectl apply -k deploy/admission (docs/admission.md)'

/** Whether the cluster itself holds drivers to what runs do: all policies there, and each bound so that it refuses. */
export const admissionInstalled: Check<ClusterLook> = {
  what: 'admission policies, installed and bound',
  needs: ['identity'],
  look: async ({ cluster }) => {
    const api = 'admissionregistration.k8s.io/v1'
    try {
      const [policies, bindings] = await Promise.all([
        cluster.objects.list<KubeObject>({ apiVersion: api, kind: 'ValidatingAdmissionPolicy' }),
        cluster.objects.list<Binding>({ apiVersion: api, kind: 'ValidatingAdmissionPolicyBinding' }),
      ])
      const there = new Set(policies.map(({ metadata }) => metadata.name))
      const bound = new Set(bindings.flatMap(({ spec }) => (spec?.validationActions?.includes('Deny') ? [spec.policyName ?? ''] : [])))
      const absent = admissionPolicies.filter((name) => !there.has(name))
      const unbound = admissionPolicies.filter((name) => there.has(name) && !bound.has(name))
      if (absent.length === admissionPolicies.length)
        return [warning('not installed: only roles bound what our credentials may do', install)]
      if (absent.length > 0) return [warning(`not installed: ${absent.join(', ')}`, install)]
      if (unbound.length > 0) return [warning(`not bound with action Deny, so without effect: ${unbound.join(', ')}`, install)]
      return [ok(`all ${admissionPolicies.length} are there, and bound`)]
    } catch (error) {
      if (error instanceof KubernetesError && error.code === 'not_found')
        return [warning('the cluster knows no ValidatingAdmissionPolicy (Kubernetes 1.30 or newer has it)', 'upgrade the cluster')]
      return notAllowed(error, 'whether they are there cannot be read')
    }
  },
}

const enforceLabel = 'pod-security.kubernetes.io/enforce'

/** What the injectors' namespace says of Pod Security: only `privileged` lets injectors in. Targets' namespaces may say what they like. */
export const podSecurity: Check<ClusterLook> = {
  what: "Pod Security of the injectors' namespace",
  needs: ['identity'],
  look: async ({ cluster, config }) => {
    const { namespace: name } = config.injector
    const label = `kubectl label namespace ${name} ${enforceLabel}=privileged --overwrite`
    try {
      const namespace = await cluster.objects.get<Namespace>({ apiVersion: 'v1', kind: 'Namespace', name })
      if (namespace === undefined) return [failed(`there is no namespace ${name}`, 'kubectl apply -f deploy/rbac.yaml')]
      const level = namespace.metadata.labels?.[enforceLabel]
      if (level === 'privileged') return [ok(`${name} enforces "privileged"`)]
      if (level === undefined)
        return [warning(`${name} does not say; the cluster's default decides, and may refuse injectors' pods`, label)]
      return [failed(`${name} enforces "${level}": a Job is taken there, and its privileged pod refused`, label)]
    } catch (error) {
      return notAllowed(error, `namespace ${name} cannot be read`)
    }
  },
}

/** Whether Jobs of ours are taken where runs make them: rights, quotas, webhooks and policies, by dry run. */
export const jobsTaken: Check<ClusterLook> = {
  what: 'Jobs of ours, by dry run',
  needs: ['identity'],
  look: async (look) => {
    const places = [...new Set([look.namespace, look.config.injector.namespace])]
    return together(await Promise.all(places.map((namespace) => tryIn(look, namespace))), 'namespaces')
  },
}

async function tryIn(look: ClusterLook, namespace: string): Promise<Outcome> {
  const spec = { namespace, name: `faultline-${look.runId}-try`, pod: null }
  const job: Job = fuseJob(look, spec, { step: 0, role: 'fuse', burnsAt: look.clock.now() + look.config.prepareMs })
  try {
    const refusal = await tryJob(look, job)
    if (refusal === null) return ok('a fuse would be taken', namespace)
    switch (refusal.code) {
      case 'permission':
        return failed(refusal.message, `kubectl apply -f deploy/rbac.yaml (Role and RoleBinding for namespace ${namespace})`, namespace)
      case 'namespace':
        return failed(refusal.message, `kubectl create namespace ${namespace}, or name another with --namespace`, namespace)
      default:
        return failed(refusal.message, `kubectl describe quota -n ${namespace}; a webhook or an admission policy is named above`, namespace)
    }
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return unknown(`it could not be tried: ${error.message}`, null, namespace)
  }
}
