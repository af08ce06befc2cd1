import type { LocalSandbox } from '../../sandbox/start.ts'
import type { KubeObject } from '../../sandbox/wire.ts'
import { namespace } from './simulation.ts'

/** Objects of other people and tools, with what they were. */
export interface Strangers {
  /** What was done to them. */
  changes(): readonly string[]
}

const others = { 'app.kubernetes.io/managed-by': 'someone-else' }
const text = ({ metadata, spec }: KubeObject) => JSON.stringify([metadata.uid, metadata.labels, metadata.annotations, spec])

/** Puts a Job, a policy and a quota of others beside the workload: nothing that is not ours may be touched. */
export function settleStrangers(sandbox: LocalSandbox): Strangers {
  const metadata = (name: string) => ({ name, namespace, labels: others })
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'backup', image: 'backup' }] } }
  const objects = [
    ['jobs', sandbox.create('jobs', { metadata: metadata('backup'), spec: { parallelism: 0, template } })],
    [
      'networkpolicies',
      sandbox.create('networkpolicies', {
        metadata: metadata('theirs'),
        spec: { podSelector: { matchLabels: { app: 'nothing' } }, policyTypes: ['Ingress'] },
      }),
    ],
    ['configmaps', sandbox.create('configmaps', { metadata: metadata('settings'), data: { a: '1' } })],
  ] as const
  const before = objects.map(([plural, object]) => ({ plural, name: object.metadata.name, text: text(object as KubeObject) }))
  return {
    changes: () =>
      before.flatMap(({ plural, name, text: was }) => {
        const now = sandbox.get(plural, name, namespace) as KubeObject | undefined
        if (now === undefined) return [`${plural} ${name} is gone`]
        return text(now) === was ? [] : [`${plural} ${name} is ${text(now)}, and was ${was}`]
      }),
  }
}
