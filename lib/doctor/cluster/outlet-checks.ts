import { FaultlineError } from '../../domain/errors.ts'
import { failed, off, ok } from '../../domain/finding.ts'
import type { Check } from '../examine.ts'
import type { ClusterLook, Outlets } from './cluster-look.ts'

function ofOutlet(
  name: Exclude<keyof Outlets, 'topic'>,
  said: { readonly what: string; readonly off: string; readonly flag: string; readonly fix: string },
): Check<ClusterLook> {
  return {
    what: said.what,
    needs: [],
    look: async ({ outlets }) => {
      const ask = outlets[name]
      if (ask === null) return [off(said.off, said.flag)]
      try {
        return [ok(await ask())]
      } catch (error) {
        if (!(error instanceof FaultlineError)) throw error
        return [failed(error.message, said.fix)]
      }
    },
  }
}

export const prometheus = ofOutlet('prometheus', {
  what: 'Prometheus answers PromQL',
  off: 'none is named: PromQL probes must name their own',
  flag: '--prometheus-url URL (docs/probes.md)',
  fix: '--prometheus-url, and one way to sign in (docs/probes.md)',
})

export const pushgateway = ofOutlet('pushgateway', {
  what: 'the Pushgateway is ready',
  off: 'none is named: metrics are not pushed',
  flag: '--pushgateway-url URL (docs/metrics.md)',
  fix: 'kubectl get pods,services -A -l app.kubernetes.io/name=prometheus-pushgateway; --pushgateway-url names its address',
})

export const snsTopic: Check<ClusterLook> = {
  what: 'the SNS topic of alerts, and who has confirmed',
  needs: [],
  look: async ({ outlets: { topic } }) => {
    if (topic === null) return [off('none is named: no one is told of runs', '--sns-topic ARN (docs/alerts.md)')]
    try {
      return await topic()
    } catch (error) {
      if (!(error instanceof FaultlineError) || error.code !== 'not_found') throw error
      return [failed(error.message, 'aws sns list-topics; --sns-topic names one')]
    }
  },
}
