/** What other tools call a key of ours: Chaos Toolkit, Chaos Mesh, Litmus, AWS FIS, krkn, Gremlin, and plain Kubernetes manifests. */
const ourWords: Readonly<Record<string, readonly string[]>> = {
  experiments: [
    'steps',
    'stages',
    'scenarios',
    'chaosScenarios',
    'chaos_scenarios',
    'method',
    'actions',
    'tasks',
    'templates',
    'faults',
    'workflow',
  ],
  name: ['title', 'id'],
  type: ['kind', 'actionId', 'action'],
  params: ['parameters', 'args', 'arguments', 'spec', 'config', 'components', 'env', 'provider'],
  duration: ['chaosDuration', 'totalChaosDuration', 'TOTAL_CHAOS_DURATION', 'durationSeconds', 'runtime', 'length'],
  interval: ['pause', 'pauses', 'wait', 'sleep', 'rest', 'waitDuration', 'wait_duration'],
  targets: ['target', 'pods'],
  selector: ['labels', 'label', 'labelSelector', 'label_selector', 'labelSelectors', 'matchLabels', 'applabel', 'appLabel', 'resourceTags'],
  names: ['podNames', 'pod_names', 'targetPods', 'TARGET_PODS', 'name_pattern'],
  percent: ['percentage', 'podsAffectedPerc', 'PODS_AFFECTED_PERC', 'selectionMode'],
  count: ['instances', 'quantity', 'qty', 'instance_count', 'kill'],
  zone: ['availabilityZone', 'availability_zone'],
  node: ['nodeName', 'node_name', 'targetNode', 'TARGET_NODE', 'hostname'],
  namespace: ['ns', 'namespaces', 'appns', 'appNamespace', 'targetNamespace', 'namespace_pattern'],
  probes: ['probe', 'steadyState', 'steady_state', 'steady-state-hypothesis', 'checks'],
  thresholds: ['stopConditions', 'stop_conditions', 'abortConditions', 'haltConditions'],
  schedule: ['cron', 'scheduler'],
  gracePeriod: ['grace', 'warmup', 'rampTime', 'RAMP_TIME'],
  container: ['containerNames', 'containerName', 'container_name', 'TARGET_CONTAINER'],
  latency: ['delay', 'delayMilliseconds', 'networkLatency', 'NETWORK_LATENCY'],
  loss: ['packetLoss', 'packet_loss', 'lossPercent'],
  rate: ['bandwidth', 'throughput'],
  url: ['uri', 'endpoint', 'address'],
  query: ['promql', 'expr', 'expression'],
}

/** Keys of other tools for which there is nothing here, and why. */
const needless: Readonly<Record<string, string>> = {
  rollbacks: 'there is none to be written: every fault is undone by itself, and that is proven',
  rollback: 'there is none to be written: every fault is undone by itself, and that is proven',
  roleArn: 'what a run may do is decided by its credentials (deploy/rbac.yaml)',
  apiVersion: 'a suite is no object of Kubernetes: it begins with `name`',
  metadata: 'a suite is no object of Kubernetes: it begins with `name`',
  startAfter: 'steps run one after the other, in the order in which they stand; in a group (`together`) it is `after`',
  dependsOn: 'steps run one after the other, in the order in which they stand; in a group (`together`) it is `after`',
}

/** What a key of another tool is here, in words; undefined for one that none of them has, or that means nothing in this place. */
export function ourKeyFor(key: string, allowed: readonly string[], elsewhere: Readonly<Record<string, string>>): string | undefined {
  const ours = Object.entries(ourWords).flatMap(([word, others]) => (others.includes(key) ? [word] : []))
  const here = ours.find((word) => allowed.includes(word))
  if (here !== undefined) return `here it is \`${here}\``
  const home = ours.find((word) => Object.hasOwn(elsewhere, word))
  if (home !== undefined) return `here it is \`${home}\`, which belongs to ${elsewhere[home]}`
  return Object.hasOwn(needless, key) ? needless[key] : undefined
}

/** Hours, minutes, seconds and milliseconds as Go and ISO 8601 write them: `1h30m`, `500ms`, `PT5M`. */
const goDuration = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/
const isoDuration = /^PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?$/i

/** The milliseconds of a duration as other tools write it; undefined for a text that is none. */
export function durationMs(text: string): number | undefined {
  const parts = (goDuration.exec(text) ?? isoDuration.exec(text))?.slice(1)
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined
  const [hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts.map((part) => Number(part ?? 0))
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)
}

/** Labels as manifests write them, as a selector's text; undefined for what is no map of texts. */
export function selectorOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const inner: unknown = Object.values(value).length === 1 ? (value as { readonly matchLabels?: unknown }).matchLabels : undefined
  const labels = Object.entries(inner === undefined ? value : Object(inner))
  const isPlain = labels.length > 0 && labels.every(([, text]) => typeof text === 'string')
  return isPlain ? labels.map(([key, text]) => `${key}=${text}`).join(',') : undefined
}
