import type { FuseSpec } from '../../domain/injection.ts'
import { burnsAtAnnotation, cordonAnnotation } from '../../domain/labels.ts'
import { fieldManager } from '../../domain/managed-fields.ts'

/**
 * How the cordon's fuse burns. It reads its own Job every 5 s (which says when it burns, and may be moved), and uncordons the node at that
 * time, or when the Job is deleted or over. A TERM while the Job lives on (its own node is drained, say) is no reason to burn: the pod
 * fails, and the Job makes another elsewhere. Works with `kubectl` or, without it, `curl` and the pod's own token, and without cluster DNS.
 * Parameters come as environment, never pasted into the script. Times by the node's clock.
 */
const cordonFuseScript = `
account=/var/run/secrets/kubernetes.io/serviceaccount
host=$KUBERNETES_SERVICE_HOST
case $host in *:*) host="[$host]" ;; esac
node_path="/api/v1/nodes/$FAULTLINE_NODE"
job_path="/apis/batch/v1/namespaces/$FAULTLINE_NAMESPACE/jobs/$FAULTLINE_JOB"
absent=44

by_curl() {
  curl -sS --max-time 5 --cacert "$account/ca.crt" -H "Authorization: Bearer $(cat "$account/token")" \\
    "$@"
}

# get PATH: sets object to its JSON without blanks; fails with $absent where the API server says that there is none
get() {
  if command -v kubectl >/dev/null 2>&1; then
    object=$(kubectl get --raw "$1" --request-timeout=5s 2>&1) || {
      case $object in *NotFound*) return $absent ;; esac
      echo "$object" >&2; return 1
    }
  else
    object=$(by_curl -w '\\n%{http_code}' "https://$host:$KUBERNETES_SERVICE_PORT$1") || return 1
    case \${object##*
} in
      200) ;;
      404) return $absent ;;
      *) echo "GET $1: $object" >&2; return 1 ;;
    esac
  fi
  object=$(printf '%s' "$object" | tr -d ' \\t\\r\\n')
}

# patch BODY: changes the node
patch() {
  if command -v kubectl >/dev/null 2>&1; then
    kubectl patch node "$FAULTLINE_NODE" --type merge --field-manager "$FAULTLINE_MANAGER" --request-timeout=5s -p "$1" >/dev/null
  else
    by_curl --fail -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$1" -o /dev/null \\
      "https://$host:$KUBERNETES_SERVICE_PORT$node_path?fieldManager=$FAULTLINE_MANAGER"
  fi
}

# is_over: the Job is gone, going, or has ended; anything that cannot be read is not
is_over() {
  get "$job_path"
  case $? in
    0) printf '%s' "$object" | grep -Eq '"deletionTimestamp":"|"type":"(Failed|FailureTarget|Complete|SuccessCriteriaMet)"' ;;
    $absent) return 0 ;;
    *) return 1 ;;
  esac
}

# read_end: sets burns_at from the Job that is_over has read
read_end() {
  end=$(printf '%s' "$object" | sed -n "s|.*\\"$FAULTLINE_BURNS_AT\\":\\"\\([0-9][0-9]*\\)\\".*|\\1|p")
  [ -n "$end" ] && burns_at=$end
}

# who set spec.unschedulable last, one entry of managedFields a line; none where they are not kept
setters() {
  printf '%s' "$object" | sed 's/{"manager":/\\
&/g' | grep -F '"f:unschedulable"'
}

uncordon() {
  get "$node_path"
  case $? in 0) ;; $absent) echo 'the node is gone'; exit 0 ;; *) return 1 ;; esac
  printf '%s' "$object" | grep -qF "\\"$FAULTLINE_ANNOTATION\\":\\"$FAULTLINE_JOB\\"" || { echo 'not our cordon: nothing to undo'; exit 0; }
  version=\${object#*\\"resourceVersion\\":\\"}
  version=\${version%%\\"*}
  spec=',"spec":{"unschedulable":null}'
  if [ -n "$(setters)" ] && ! setters | grep -q "^{\\"manager\\":\\"$FAULTLINE_MANAGER\\""; then spec=; fi
  patch "{\\"metadata\\":{\\"resourceVersion\\":\\"$version\\",\\"annotations\\":{\\"$FAULTLINE_ANNOTATION\\":null}}$spec}" || return 1
  if [ -n "$spec" ]; then echo uncordoned; else echo 'cordoned anew by another client: left so'; fi
  exit 0
}

# Until it is done; the Job's own deadline or the pod's grace ends what cannot be done.
burn() {
  trap '' TERM INT
  until uncordon; do sleep 1; done
}

# The Job controller deletes the pods of an ended Job a moment before it says so: hence three looks.
stop() {
  trap '' TERM INT
  for look in 1 2 3; do
    is_over && burn
    sleep 1
  done
  echo 'stopped before its time: another pod goes on'
  exit 1
}

trap stop TERM INT
burns_at=
get "$node_path" || { echo 'the node cannot be read'; exit 1; }
get "$job_path" || { echo 'its Job cannot be read'; exit 1; }
read_end || { echo 'its Job does not say when it burns'; exit 1; }
touch /tmp/armed
passed=0
while :; do
  if [ $((passed % 5)) -eq 0 ] || [ "$(date +%s)" -ge "$burns_at" ]; then
    if is_over; then burn; fi
    read_end
    [ "$(date +%s)" -ge "$burns_at" ] && burn
  fi
  sleep 1 & wait $!
  passed=$((passed + 1))
done
`.trim()

/** Pod of the one fuse that needs one: a cordon has no owner that could carry it. Runs on another node than the cordoned one. */
export function cordonFusePod(pod: NonNullable<FuseSpec['pod']>, job: Pick<FuseSpec, 'namespace' | 'name'>): object {
  const env = {
    FAULTLINE_NODE: pod.awayFrom,
    FAULTLINE_NAMESPACE: job.namespace,
    FAULTLINE_JOB: job.name,
    FAULTLINE_ANNOTATION: cordonAnnotation,
    FAULTLINE_BURNS_AT: burnsAtAnnotation,
    FAULTLINE_MANAGER: fieldManager,
  }
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
    tolerations: lostNodes,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'fuse',
        image: pod.image,
        command: ['sh', '-c', cordonFuseScript],
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
        readinessProbe: { exec: { command: ['test', '-e', '/tmp/armed'] }, periodSeconds: 1 },
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}

/** On a node that is lost the pod is given up at once, not after the 300 s that DefaultTolerationSeconds grants, so that another one starts. */
const lostNodes = ['not-ready', 'unreachable'].map((what) => ({
  key: `node.kubernetes.io/${what}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 0,
}))
