import { FaultlineError } from '../../domain/errors.ts'
import type { KubeObject } from '../../domain/kube.ts'
import type { SecretReference } from '../../endpoint-settings.ts'
import type { Clock, Cluster } from '../../ports.ts'
import { credentialsOf } from '../aws/credentials.ts'
import { readSecret } from './read-secret.ts'

/** A probe asks every few seconds, and a store of secrets charges for each answer; one that was rotated is noticed after a minute. */
const keptMs = 60_000

interface Secret extends KubeObject {
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>
}

export interface ReferenceOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Kept {
  readonly at: number
  readonly text: Promise<string>
}

/**
 * Reads what references of the configuration name, each at most once a minute. No text of a secret is in any error.
 * @throws FaultlineError `bad_input`, `not_found`, `forbidden`, `unavailable`
 */
export function secretReader(options: ReferenceOptions): (reference: SecretReference, cluster: Cluster) => Promise<string> {
  const { clock } = options
  const kept = new WeakMap<Cluster, Map<string, Kept>>()
  return async (reference, cluster) => {
    const ofCluster = kept.get(cluster) ?? new Map<string, Kept>()
    kept.set(cluster, ofCluster)
    const { key, prefix = '', ...place } = reference
    const name = JSON.stringify(place)
    const known = ofCluster.get(name)
    const fresh = known !== undefined && clock.now() - known.at < keptMs
    const text = fresh ? known.text : textAt(reference, { ...options, cluster })
    if (!fresh) {
      ofCluster.set(name, { at: clock.now(), text })
      text.catch(() => ofCluster.delete(name))
    }
    return `${prefix}${partOf(await text, key, describe(reference))}`
  }
}

async function textAt(
  reference: SecretReference,
  { clock, env, cluster }: ReferenceOptions & { readonly cluster: Cluster },
): Promise<string> {
  const { secret, parameter, env: variable, kubernetesSecret } = reference
  if (variable !== undefined) {
    const text = env[variable]
    if (text === undefined || text === '') throw new FaultlineError('not_found', `environment variable ${variable} is not set`)
    return text
  }
  if (kubernetesSecret !== undefined) return ofCluster(kubernetesSecret, cluster)
  const id = secret ?? parameter ?? ''
  // arn:PARTITION:SERVICE:REGION:…
  const region = (id.startsWith('arn:') ? id.split(':')[3] : env.AWS_REGION) ?? ''
  const credentials = await credentialsOf({ region: region === '' ? null : region, roleArn: null }, () => clock.now())
  return readSecret({ store: secret === undefined ? 'parameter-store' : 'secrets-manager', id, region }, credentials)
}

/** All of it as JSON, of which a key is picked. */
async function ofCluster(where: string, cluster: Cluster): Promise<string> {
  const [namespace = '', name = ''] = where.split('/')
  const found = await cluster.objects.get<Secret>({ apiVersion: 'v1', kind: 'Secret', namespace, name })
  if (found === undefined) throw new FaultlineError('not_found', `there is no Secret ${where} in the cluster`)
  const texts = Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')])
  return JSON.stringify(Object.fromEntries(texts))
}

function partOf(text: string, key: string | undefined, where: string): string {
  if (key === undefined) return text
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new FaultlineError('bad_input', `${where} is no JSON, so it has no key ${key}`)
  }
  const part: unknown = Object.hasOwn(Object(json), key) ? Object(json)[key] : undefined
  if (typeof part !== 'string' || part === '') throw new FaultlineError('not_found', `${where} has no text at key ${key}`)
  return part
}

function describe({ secret, parameter, kubernetesSecret, env }: SecretReference): string {
  if (secret !== undefined) return `secret ${secret}`
  if (parameter !== undefined) return `parameter ${parameter}`
  return kubernetesSecret === undefined ? `environment variable ${env}` : `Secret ${kubernetesSecret}`
}
