import { signForPrometheus } from '../../lib/adapters/aws/sigv4.ts'
import { clusterChecks } from '../../lib/doctor/cluster/checks.ts'
import type { Outlets } from '../../lib/doctor/cluster/cluster-look.ts'
import { lookAtCluster } from '../../lib/doctor/cluster/look-at-cluster.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { healthOf } from '../../lib/domain/finding.ts'
import { askForOne } from '../../lib/probes/prometheus-look.ts'
import type { DoctorLook } from '../../lib/remote/interface.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { suiteDefaults } from '../../lib/suite/schema.ts'
import type { Answer } from './answers.ts'
import type { Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'

type Asked = Extract<ControlInput, { action: 'doctor' }>

/** This much of its time a look leaves for taking away what it made. */
const tidyingMs = 60_000

/** Looks at all that runs need of a cluster with the rights and the settings that the functions have, and takes away what it made for that. */
export async function doctor(input: Asked, invocation: Invocation): Promise<Answer> {
  const { namespace = suiteDefaults.namespace, selector = suiteDefaults.selector, only } = input
  checkNames(only)
  const { name, simulated, cluster } = await invocation.clusters.open(input.cluster)
  const { config } = invocation.engine({ simulated })
  const timeMs = Math.max(1_000, invocation.budget.remainingMs() - tidyingMs)
  const findings = await lookAtCluster(
    {
      ...{ cluster, clusterName: name, clock: invocation.clock, config, namespace, selector, outlets: outletsOf(invocation, simulated) },
      id: `doctor-${invocation.requestId.replace(/[^a-z0-9]/g, '').slice(0, 10)}`,
      interrupt: AbortSignal.timeout(timeMs),
    },
    { only },
  )
  const health = healthOf(findings)
  const look: DoctorLook = { cluster: { name, simulated }, namespace, findings }
  return {
    happened: `cluster ${name}: ${health}`,
    next: health === 'ok' ? 'nothing' : 'mend what the findings name, in their order',
    doctor: look,
  }
}

function checkNames(only: readonly string[] = []): void {
  const wrong = only.find((name) => !Object.hasOwn(clusterChecks, name))
  if (wrong !== undefined) throw new FaultlineError('bad_input', `only: ${notAllowed(wrong, Object.keys(clusterChecks), 'is no check')}`)
}

/** Who hears of alerts is no right of `control`: a person asks SNS himself. */
function outletsOf(invocation: Invocation, simulated: boolean): Outlets {
  const { prometheus } = invocation.engine({ simulated }).config
  const { pushgatewayUrl } = invocation.settings.deployment
  return {
    prometheus: prometheus.url === null ? null : () => askForOne(prometheus, signForPrometheus, invocation.clock.now()),
    pushgateway:
      pushgatewayUrl === undefined
        ? null
        : async () => (await import('../../lib/adapters/pushgateway/ready.ts')).askPushgateway(pushgatewayUrl),
    topic: null,
  }
}
