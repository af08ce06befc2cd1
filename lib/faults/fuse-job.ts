import type { FuseRef, FuseSpec } from '../domain/injection.ts'
import type { Job, ObjectRef } from '../domain/kube.ts'
import type { Role } from '../domain/labels.ts'
import { burnsAtAnnotation, expiresAnnotation, ourLabels } from '../domain/labels.ts'
import type { NamedRun } from '../domain/names.ts'
import { fuseName } from '../domain/names.ts'
import { isoSeconds } from '../time.ts'
import type { FaultContext } from './fault.ts'
import { cordonFusePod } from './node-drain/cordon-fuse.ts'

/**
 * A fuse with a pod burns by that pod; its Job lives on for as long as another pod needs when the first dies at the worst moment: a lost
 * node is noticed after 40 to 50 s (kube-controller-manager's node-monitor-grace-period), then a new pod starts within `podStartBudgetMs`.
 */
export const podReserveMs = 120_000

/** Failures of its pod that a fuse bears: the Job controller waits 10 s, 20 s, 40 s … between them, so that its deadline comes first. */
const podFailures = 100

/** Reference of a fuse's or beacon's Job. */
export function jobRef(fuse: Pick<FuseSpec, 'namespace' | 'name'>): ObjectRef {
  return { apiVersion: 'batch/v1', kind: 'Job', namespace: fuse.namespace, name: fuse.name }
}

/** Makes an object collected by Kubernetes when the fuse is gone, also an object made too late by a driver that lost the run. */
export function ownedBy(fuse: FuseRef) {
  return [{ apiVersion: 'batch/v1', kind: 'Job', name: fuse.name, uid: fuse.uid, controller: false, blockOwnerDeletion: false }]
}

/** The usual fuse of a step: no pod, owns the step's objects in that namespace. */
export function podlessFuse(run: NamedRun, step: number, namespace: string): FuseSpec {
  return { namespace, name: fuseName(run, step), pod: null }
}

/** What a fuse's Job says of its end: for sweeps, and for the pod that burns by it. */
export function expiryAnnotations(burnsAt: number): Readonly<Record<string, string>> {
  return { [expiresAnnotation]: isoSeconds(burnsAt), [burnsAtAnnotation]: String(Math.ceil(burnsAt / 1000)) }
}

/** The Job of a fuse or beacon, as it is sent to the API server. */
export function fuseJob(
  context: Pick<FaultContext, 'config' | 'clock' | 'runId'>,
  spec: FuseSpec,
  options: { readonly step: number | null; readonly role: Role; readonly burnsAt: number },
): Job {
  const { config, clock, runId } = context
  const labels = ourLabels({ runId, step: options.step, role: options.role })
  const endsAt = options.burnsAt + (spec.pod === null ? 0 : podReserveMs)
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: spec.name, namespace: spec.namespace, labels, annotations: expiryAnnotations(options.burnsAt) },
    spec: {
      parallelism: spec.pod === null ? 0 : 1,
      backoffLimit: spec.pod === null ? 0 : podFailures,
      activeDeadlineSeconds: Math.max(1, Math.ceil((endsAt - clock.now()) / 1000)),
      ttlSecondsAfterFinished: 0,
      template: { metadata: { labels }, spec: spec.pod === null ? idlePod(config.fuse.image) : cordonFusePod(spec.pod, spec) },
    },
  }
}

/** A template that no policy engine objects to (Pod Security level `restricted`); no pod is ever made of it. */
function idlePod(image: string): object {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'none',
        image,
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}
