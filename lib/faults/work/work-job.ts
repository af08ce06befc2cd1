import type { FuseRef } from '../../domain/injection.ts'
import type { Job } from '../../domain/kube.ts'
import { expiresAnnotation } from '../../domain/labels.ts'
import type { Work } from '../../domain/work.ts'
import { isoSeconds } from '../../time.ts'
import { ownedBy } from '../fuse-job.ts'

/** The one container of a Job of a suite's own. */
export const workContainer = 'work'

/** Long enough for a driver to read how it ended; as long as deploy/admission allows. */
const keptSeconds = 60

interface Placing {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly now: number
  /** Kubernetes ends it by then, whatever lives, ms since epoch. */
  readonly endsAt: number
  /** Null where its own deadline is all that ends it. */
  readonly fuse: FuseRef | null
  readonly graceSeconds: number
}

/**
 * A Job of a suite's own: one pod that is not made again, without rights, token and volumes, as Pod Security level `restricted` wants it. It
 * ends with its fuse, or at its own deadline.
 */
export function workJob(work: Work, { namespace, name, labels, now, endsAt, fuse, graceSeconds }: Placing): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { [expiresAnnotation]: isoSeconds(endsAt) },
      ...(fuse === null ? {} : { ownerReferences: ownedBy(fuse) }),
    },
    spec: {
      parallelism: 1,
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil((endsAt - now) / 1000)),
      ttlSecondsAfterFinished: keptSeconds,
      template: { metadata: { labels }, spec: workPod(work, graceSeconds) },
    },
  }
}

function workPod({ image, command, args, env, user, resources }: Work, graceSeconds: number): object {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: { runAsNonRoot: true, runAsUser: user, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: workContainer,
        image,
        ...(command === null ? {} : { command: command.map(literal) }),
        ...(args.length === 0 ? {} : { args: args.map(literal) }),
        env: Object.entries(env).map(([name, value]) => ({ name, value: literal(value) })),
        resources,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}

/** Kubernetes expands `$(VAR)`; `$$` is a plain `$` (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/). */
function literal(text: string): string {
  return text.replaceAll('$(', () => '$$(')
}
