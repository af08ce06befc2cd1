import type { KubeObject, ObjectRef, Pod } from '../../domain/kube.ts'
import type { KubeObjects, ListOptions } from '../../ports.ts'
import { jsonIn, notKubernetes } from './errors.ts'
import type { Answer } from './exchange.ts'
import { LeanPods } from './lean-pod.ts'
import { nameOf, pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

const pageSize = '500'

/** How often a list whose continue token went stale (410) is begun anew; tokens live for minutes, so more would be a sign of something else. */
const maxStarts = 3

type List = (kind: Pick<ObjectRef, 'apiVersion' | 'kind'>, options: ListOptions) => Promise<readonly KubeObject[]>

/** The same list asked for several times in one turn of the event loop is one call: its readers begin together. */
export function inOneCall(list: List): KubeObjects['list'] {
  const asked = new Map<string, Promise<readonly KubeObject[]>>()
  return <T extends KubeObject>(kind: Pick<ObjectRef, 'apiVersion' | 'kind'>, options: ListOptions = {}) => {
    const key = JSON.stringify([kind.apiVersion, kind.kind, options.namespace, options.labelSelector, options.fieldSelector])
    const answer =
      asked.get(key) ??
      Promise.resolve().then(() => {
        asked.delete(key)
        return list(kind, options)
      })
    asked.set(key, answer)
    return answer as Promise<readonly T[]>
  }
}

/** Every page, consistently: when the server has forgotten the snapshot, what was read so far is thrown away. */
export async function listAll<T extends KubeObject>(
  transport: Transport,
  kind: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  options: ListOptions,
): Promise<readonly T[]> {
  return (await listWithVersion<T>(transport, kind, options)).items
}

/** As `listAll`, with the version from which a watch goes on. */
export async function listWithVersion<T extends KubeObject>(
  transport: Transport,
  kind: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  options: ListOptions,
): Promise<{ readonly items: readonly T[]; readonly version: string }> {
  const place = { ...kind, ...(options.namespace === undefined ? {} : { namespace: options.namespace }) }
  const request = { method: 'GET', path: pathOf(place), tried: `list ${nameOf(place)}`, repeat: 'always' } as const
  const items: T[] = []
  const kept = keeping<T>(kind)
  let token = ''
  for (let starts = 1; ; ) {
    const answer = await transport.send({ ...request, query: queryOf(options, token) })
    if (answer.status === 410 && token !== '' && starts < maxStarts) {
      starts += 1
      token = ''
      items.length = 0
      continue
    }
    const page = pageIn<T>(request.tried, answer)
    for (const item of page.items) items.push(kept(item))
    token = page.token
    if (token === '') return { items, version: page.version }
  }
}

/** What a reader gets of an item; of pods, of which there are many, what is read of them. */
function keeping<T extends KubeObject>({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): (item: T) => T {
  if (apiVersion !== 'v1' || kind !== 'Pod') return (item) => ({ ...item, apiVersion, kind })
  const lean = new LeanPods()
  return (item) => lean.of(item as KubeObject as Pod) as KubeObject as T
}

/** The parameters of one page. */
export function queryOf(options: ListOptions, token: string): Record<string, string> {
  return {
    limit: pageSize,
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    ...(token === '' ? {} : { continue: token }),
  }
}

/** A body without `items` must not pass for an empty list: "nothing there" is what proves an undo. */
function pageIn<T>(tried: string, answer: Answer): { readonly items: readonly T[]; readonly token: string; readonly version: string } {
  const body = jsonIn(tried, answer) as { items?: readonly T[] | null; metadata?: { continue?: string; resourceVersion?: string } }
  if (body.items === undefined) throw notKubernetes(tried, answer)
  return { items: body.items ?? [], token: body.metadata?.continue ?? '', version: body.metadata?.resourceVersion ?? '' }
}
