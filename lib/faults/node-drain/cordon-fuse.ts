import type { FuseSpec } from '../../domain/injection.ts'
import { cordonAnnotation } from '../../domain/labels.ts'

/**
 * What the cordon's fuse does when its time is over or it is told to stop: uncordon the node, if the cordon is still ours. Works with
 * `kubectl` or, without it, `curl` and the pod's own token. Parameters come as environment, never pasted into the script.
 */
const cordonFuseScript = `
api=https://kubernetes.default.svc
account=/var/run/secrets/kubernetes.io/serviceaccount
body() { printf '{"metadata":{"annotations":{"%s":null}},"spec":{"unschedulable":null}}' "$FAULTLINE_ANNOTATION"; }
get() {
  if command -v kubectl >/dev/null 2>&1; then kubectl get node "$FAULTLINE_NODE" -o json
  else curl -sS --max-time 5 --cacert "$account/ca.crt" -H "Authorization: Bearer $(cat "$account/token")" "$api/api/v1/nodes/$FAULTLINE_NODE"; fi
}
patch() {
  if command -v kubectl >/dev/null 2>&1; then kubectl patch node "$FAULTLINE_NODE" --type merge -p "$(body)"
  else curl -sS --fail --max-time 5 --cacert "$account/ca.crt" -H "Authorization: Bearer $(cat "$account/token")" \\
    -H 'Content-Type: application/merge-patch+json' -X PATCH -d "$(body)" "$api/api/v1/nodes/$FAULTLINE_NODE"; fi
}
undo() {
  trap '' TERM INT
  for try in 1 2 3 4 5 6 7 8 9 10; do
    if node=$(get); then
      printf '%s' "$node" | tr -d ' \\n' | grep -qF "\\"$FAULTLINE_ANNOTATION\\":\\"$FAULTLINE_TAG\\"" || { echo 'not our cordon: nothing to undo'; exit 0; }
      patch >/dev/null && { echo uncordoned; exit 0; }
    fi
    sleep 1
  done
  exit 1
}
trap undo TERM INT
get >/dev/null || exit 1
touch /tmp/armed
while [ "$(date +%s)" -lt "$FAULTLINE_ENDS_AT" ]; do sleep 1 & wait $!; done
undo
`.trim()

/**
 * The Job's deadline, which can be moved, is what ends the fuse (by TERM). Its own end, which cannot, is only for a Job that nobody
 * ends any more.
 */
const afterDeadlineSeconds = 3600

/** Pod of the one fuse that needs one: a cordon has no owner that could carry it. Runs on another node than the cordoned one. */
export function cordonFuseContainer(pod: NonNullable<FuseSpec['pod']>, fuse: { readonly tag: string; readonly burnsAt: number }): object {
  return {
    restartPolicy: 'Never',
    serviceAccountName: pod.serviceAccount,
    terminationGracePeriodSeconds: 30,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: [pod.awayFrom] }] }],
        },
      },
    },
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'fuse',
        image: pod.image,
        command: ['sh', '-c', cordonFuseScript],
        env: [
          { name: 'FAULTLINE_NODE', value: pod.awayFrom },
          { name: 'FAULTLINE_TAG', value: fuse.tag },
          { name: 'FAULTLINE_ANNOTATION', value: cordonAnnotation },
          { name: 'FAULTLINE_ENDS_AT', value: String(Math.ceil(fuse.burnsAt / 1000) + afterDeadlineSeconds) },
        ],
        readinessProbe: { exec: { command: ['test', '-e', '/tmp/armed'] }, periodSeconds: 1 },
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}
