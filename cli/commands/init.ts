import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { FaultlineError, KubernetesError } from '../../lib/domain/errors.ts'
import type { KubeObject } from '../../lib/domain/kube.ts'
import type { Cluster } from '../../lib/ports.ts'
import { nearest, notAllowed } from '../../lib/suite/did-you-mean.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { type FoundService, type FoundWorkload, proposedJson, proposedYaml, servicesOf } from '../../lib/suite/propose-suite.ts'
import { isYamlName } from '../../lib/suite/suite-names.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'
import { sayer, type WorkFlags, withComposition } from '../command.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { packageRoot } from '../package-root.ts'
import { Questions } from '../questions.ts'
import type { Terminal } from '../terminal.ts'

export interface InitFlags extends WorkFlags {
  readonly namespace?: string
  readonly workload?: string
  /** Take what is proposed. */
  readonly yes?: boolean
  /** Write over a file that is there. */
  readonly force?: boolean
}

/** The file that is written where none is named. */
const usualFile = 'suite.yaml'

/** Namespaces that no first game day is for: Kubernetes' own, and where our injectors are. */
const isForChaos = (name: string) => !name.startsWith('kube-') && name !== 'faultline-injectors'

/** `faultline init [FILE]`: a first suite for a workload of the cluster, proposed from what is there. Reads the cluster, writes one file. */
export async function initSuite(named: string | undefined, flags: InitFlags, terminal: Terminal): Promise<ExitCode> {
  const file = named ?? usualFile
  if (!isYamlName(file) && !file.endsWith('.json'))
    throw new FaultlineError('bad_input', `${file}: a suite's name ends in .yaml, .yml or .json`)
  if (existsSync(file) && flags.force !== true) throw new FaultlineError('bad_input', `${file} is there already: --force writes over it`)
  if (flags.yes !== true && !terminal.isLive)
    throw new FaultlineError('bad_input', 'no person can be asked here: --yes takes what is proposed, --namespace and --workload say more')
  return withComposition(flags, terminal, async ({ clusters }) => {
    const { ref, cluster } = await clusters.choose()
    const questions = new Questions(terminal, flags.yes === true)
    const { namespace, workloads } = await chooseNamespace(cluster, flags, questions)
    const workload = await chooseWorkload(workloads, flags, questions, namespace)
    const services = servicesOf(workload, await servicesIn(cluster, namespace))
    const found = { namespace, workload, services, isInside: ref.via.kind === 'in-cluster', schema: schemaFor(file) }
    const text = isYamlName(file) ? proposedYaml(found) : proposedJson(found)
    const parsed = parseSuite(text, file, isYamlName(file) ? { read: readYaml } : {})
    if (!parsed.ok)
      throw new FaultlineError('bad_input', `${workload.name} cannot be the workload of a suite:\n${formatProblems(parsed.problems)}`)
    await write(file, text, flags.force === true)
    const say = sayer(flags, terminal)
    say(`wrote ${file}: ${workload.kind} ${workload.name} in namespace ${namespace}, ${parsed.suite.steps.length} steps`)
    if (found.schema === null) say('for completion in an editor: faultline schema -o schema.json')
    say(`next: faultline plan ${file}`)
    return exitCodes.succeeded
  })
}

/** `wx`: never over a file that came to be there meanwhile. */
async function write(file: string, text: string, isForced: boolean): Promise<void> {
  await writeFile(file, text, { flag: isForced ? 'w' : 'wx' }).catch((error: unknown) => {
    throw new FaultlineError('bad_input', `${file} cannot be written: ${errorText(error)}`, { cause: error })
  })
}

/** The schema that comes along, where it and the file lie below the working directory (a clone, node_modules): a path elsewhere holds on one machine only. */
function schemaFor(file: string): string | null {
  const schema = join(packageRoot(), 'experiments', 'schema.json')
  const isBelow = [schema, resolve(file)].every((path) => !relative(resolve('.'), path).startsWith('..')) && existsSync(schema)
  const path = relative(dirname(resolve(file)), schema)
    .split(sep)
    .join('/')
  return isBelow ? (path.startsWith('.') ? path : `./${path}`) : null
}

interface ChosenNamespace {
  readonly namespace: string
  readonly workloads: readonly FoundWorkload[]
}

async function chooseNamespace(cluster: Cluster, { namespace }: InitFlags, questions: Questions): Promise<ChosenNamespace> {
  if (namespace !== undefined) return { namespace, workloads: await workloadsIn(cluster, namespace) }
  const all = (await listed<KubeObject>(cluster, 'v1', 'Namespace')).map(({ metadata }) => metadata.name).filter(isForChaos)
  const found = await Promise.all(all.map(async (name) => ({ namespace: name, workloads: await workloadsIn(cluster, name) })))
  const fit = found.filter(({ workloads }) => workloads.length > 0)
  if (fit.length === 0)
    throw new FaultlineError('not_found', 'no Deployment or StatefulSet can be seen in any namespace: name one with --namespace')
  const most = fit.toSorted((a, b) => b.workloads.length - a.workloads.length)[0]?.namespace
  const name = await questions.choose('namespace', fit.map((one) => one.namespace), most) // biome-ignore format: one look
  return fit.find((one) => one.namespace === name) ?? { namespace: name, workloads: [] }
}

async function chooseWorkload(
  workloads: readonly FoundWorkload[],
  { workload: wanted }: InitFlags,
  questions: Questions,
  namespace: string,
): Promise<FoundWorkload> {
  const names = workloads.map(({ name }) => name)
  if (names.length === 0) throw new FaultlineError('not_found', `no Deployment or StatefulSet can be seen in namespace ${namespace}`)
  if (wanted !== undefined && !names.includes(wanted))
    throw new FaultlineError('bad_input', `workload ${notAllowed(wanted, names, `is none in namespace ${namespace}`)}`)
  const largest = workloads.toSorted((a, b) => b.replicas - a.replicas)[0]?.name
  const name = wanted ?? (await questions.choose('workload', names, nearest(namespace, names) ?? largest))
  const found = workloads.find((one) => one.name === name)
  if (found === undefined) throw new TypeError(`${name} was not among the workloads`)
  return found
}

interface Controller extends KubeObject {
  readonly spec?: {
    readonly replicas?: number
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } }
  }
}

async function workloadsIn(cluster: Cluster, namespace: string): Promise<readonly FoundWorkload[]> {
  const kinds = await Promise.all(
    ['Deployment', 'StatefulSet'].map(async (kind) => {
      const found = await listed<Controller>(cluster, 'apps/v1', kind, namespace)
      return found.map(({ metadata, spec }) => {
        const matchLabels = spec?.selector?.matchLabels ?? {}
        return {
          kind,
          name: metadata.name,
          replicas: spec?.replicas ?? 1,
          matchLabels,
          podLabels: spec?.template?.metadata?.labels ?? matchLabels,
        }
      })
    }),
  )
  // A selector by expressions alone is none that a person would write; a suite for it is written by hand.
  return kinds.flat().filter(({ matchLabels, replicas }) => Object.keys(matchLabels).length > 0 && replicas > 0)
}

interface Service extends KubeObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly { readonly port: number; readonly protocol?: string }[]
  }
}

async function servicesIn(cluster: Cluster, namespace: string): Promise<readonly FoundService[]> {
  const found = await listed<Service>(cluster, 'v1', 'Service', namespace)
  return found.flatMap(({ metadata, spec }) => {
    const port = spec?.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.port
    return port === undefined ? [] : [{ name: metadata.name, port, selector: spec?.selector ?? {} }]
  })
}

/** What may not be listed is not proposed. */
async function listed<T extends KubeObject>(cluster: Cluster, apiVersion: string, kind: string, namespace?: string): Promise<readonly T[]> {
  try {
    return await cluster.objects.list<T>({ apiVersion, kind }, namespace === undefined ? {} : { namespace })
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return []
    throw error
  }
}
