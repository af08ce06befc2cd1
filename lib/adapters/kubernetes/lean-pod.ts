import type { Condition, Container, ContainerStatus, ObjectMeta, Pod } from '../../domain/kube.ts'

/** Names each field of a type once: one that is read and not kept here does not compile. */
type Fields<T> = Readonly<Record<keyof Required<T>, true>>

const metadata = fieldsOf<Omit<ObjectMeta, 'managedFields'>>({
  name: true,
  namespace: true,
  uid: true,
  resourceVersion: true,
  generation: true,
  creationTimestamp: true,
  deletionTimestamp: true,
  labels: true,
  annotations: true,
  ownerReferences: true,
  finalizers: true,
})
const spec = fieldsOf<Pod['spec']>({
  nodeName: true,
  hostNetwork: true,
  restartPolicy: true,
  terminationGracePeriodSeconds: true,
  containers: true,
  initContainers: true,
  ephemeralContainers: true,
  volumes: true,
})
const container = fieldsOf<Container>({
  name: true,
  image: true,
  restartPolicy: true,
  ports: true,
  readinessProbe: true,
  resources: true,
  securityContext: true,
  volumeMounts: true,
})
const status = fieldsOf<NonNullable<Pod['status']>>({
  phase: true,
  reason: true,
  message: true,
  podIP: true,
  podIPs: true,
  conditions: true,
  containerStatuses: true,
  initContainerStatuses: true,
  ephemeralContainerStatuses: true,
})
const condition = fieldsOf<Condition>({ type: true, status: true, reason: true, message: true })
const containerStatus = fieldsOf<ContainerStatus>({
  name: true,
  containerID: true,
  ready: true,
  restartCount: true,
  state: true,
  lastState: true,
})

/**
 * Makes pods of lists of what is read of them alone, and equal texts and parts of all of them one: a list of 10,000 pods as the API server
 * sends it would take ten times the memory, most of it for what a template repeats and for who set which field. What is not of the form
 * that Kubernetes gives it stays as it came.
 */
export class LeanPods {
  readonly #shared = new Map<string, unknown>()

  of(pod: Pod): Pod {
    return {
      ...this.#pick(
        pod,
        { metadata: true, spec: true, status: true },
        {
          metadata: (given) => this.#pick(given, metadata, { labels: this.#share, annotations: this.#share, ownerReferences: this.#share }),
          spec: (given) =>
            this.#pick(given, spec, {
              containers: this.#containers,
              initContainers: this.#containers,
              ephemeralContainers: this.#containers,
              volumes: this.#share,
            }),
          status: (given) =>
            this.#pick(given, status, {
              conditions: (list) => each(list, (one) => this.#share(this.#pick(one, condition))),
              containerStatuses: this.#statuses,
              initContainerStatuses: this.#statuses,
              ephemeralContainerStatuses: this.#statuses,
            }),
        },
      ),
      apiVersion: 'v1',
      kind: 'Pod',
    }
  }

  readonly #containers = <T>(list: T): T => each(list, (one) => this.#share(this.#pick(one, container)))

  readonly #statuses = <T>(list: T): T =>
    each(list, (one) => this.#pick(one, containerStatus, { state: this.#share, lastState: this.#share }))

  /** The same value for equal ones. */
  readonly #share = <T>(value: T): T => {
    const key = typeof value === 'string' ? `text ${value}` : JSON.stringify(value)
    const known = this.#shared.get(key) as T | undefined
    if (known === undefined) this.#shared.set(key, value)
    return known ?? value
  }

  /** The fields that are read, each as its `inner` makes it; short texts are shared. */
  #pick<T>(given: T, fields: Readonly<Record<string, true>>, inner: Readonly<Record<string, (value: unknown) => unknown>> = {}): T {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
    const picked: Record<string, unknown> = {}
    for (const name in fields) {
      const value = (given as Record<string, unknown>)[name]
      if (value === undefined) continue
      picked[name] = typeof value === 'string' ? this.#share(value) : (inner[name]?.(value) ?? value)
    }
    return picked as T
  }
}

function each<T>(list: T, change: (one: unknown) => unknown): T {
  return Array.isArray(list) ? (list.map(change) as T) : list
}

function fieldsOf<T>(fields: Fields<T>): Fields<T> {
  return fields
}
