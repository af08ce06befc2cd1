import { stringify } from 'yaml'
import { selectorOf } from './foreign-words.ts'

/** A Deployment or StatefulSet, as far as a suite for it needs to know. */
export interface FoundWorkload {
  readonly kind: string
  readonly name: string
  readonly replicas: number
  /** What selects its pods. */
  readonly matchLabels: Readonly<Record<string, string>>
  readonly podLabels: Readonly<Record<string, string>>
}

/** A Service and its first TCP port. */
export interface FoundService {
  readonly name: string
  readonly port: number
  readonly selector: Readonly<Record<string, string>>
}

export interface Proposal {
  readonly namespace: string
  readonly workload: FoundWorkload
  readonly services: readonly FoundService[]
  /** Probes of Services can be asked from where the suite will run: inside the cluster. */
  readonly isInside: boolean
  /** Where an editor finds the schema, relative to the file; null: nowhere yet. */
  readonly schema: string | null
}

/** The Services that lead to pods of the workload. */
export function servicesOf(workload: FoundWorkload, services: readonly FoundService[]): readonly FoundService[] {
  return services.filter(({ selector }) => {
    const pairs = Object.entries(selector)
    return pairs.length > 0 && pairs.every(([key, value]) => workload.podLabels[key] === value)
  })
}

const readyProbe = { name: 'ready pods', type: 'kubernetes', read: 'ready_ratio', tolerance: '>= 0.5', unit: 'ratio' }

const probeOf = ({ name, port }: FoundService, namespace: string) => ({
  name: `${name.slice(0, 50)} answers`,
  type: 'http',
  url: `http://${name}.${namespace}.svc:${port}/`,
  tolerance: '< 500',
})

const steps = [
  { name: 'Lose a pod', type: 'node_failure', params: { failure_type: 'pod-delete' }, targets: { count: 1 }, duration: 30, interval: 30 },
  { name: 'Cut a pod off', type: 'network_partition', params: { partition_type: 'random' }, targets: { count: 1 }, duration: 30 },
]

/** A first suite for a workload, as JSON has it. */
function proposal({ namespace, workload, services, isInside, schema }: Proposal): Readonly<Record<string, unknown>> {
  return {
    ...(schema === null ? {} : { $schema: schema }),
    name: `First game day of ${workload.name}`.slice(0, 100),
    namespace,
    selector: selectorOf(workload.matchLabels),
    hypothesis: 'At least half of the pods stay ready.',
    probes: [readyProbe, ...(isInside ? services.map((service) => probeOf(service, namespace)) : [])],
    experiments: steps,
  }
}

/** The proposal as the text of a JSON file. */
export function proposedJson(found: Proposal): string {
  return `${JSON.stringify(proposal(found), null, 2)}\n`
}

/** As `proposedJson`, in YAML; probes of Services that can be asked from inside the cluster only stand there as comments. */
export function proposedYaml(found: Proposal): string {
  const { $schema, ...suite } = proposal(found)
  const { namespace, services, isInside, schema } = found
  const outside = isInside ? [] : services.map((service) => stringify([probeOf(service, namespace)]))
  const comments = outside.flatMap((text) => text.trimEnd().split('\n'))
  const waiting =
    comments.length === 0
      ? ''
      : ['# Among the probes, where the address can be reached from what runs the suite:', ...comments.map((line) => `# ${line}`), ''].join(
          '\n',
        )
  return `${schema === null ? '' : `# yaml-language-server: $schema=${schema}\n`}${stringify(suite)}${waiting}`
}
