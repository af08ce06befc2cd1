import type { KubeObject } from '../../sandbox/wire.ts'

/** What a run must leave as it was: every object's identity, labels, annotations and spec (events, leases and status are no fault's doing). */
export function footprintOf(sandbox: { objects(): readonly KubeObject[] }): readonly string[] {
  const objects = sandbox.objects().filter(({ kind }) => !['Event', 'Lease'].includes(kind))
  return objects.map((object) => (object.kind === 'Pod' ? ofPod(object) : ofObject(object))).sort()
}

function ofObject({ kind, metadata, spec = null }: KubeObject): string {
  return JSON.stringify([kind, metadata.namespace ?? '', metadata.name, metadata.labels ?? {}, ours(metadata.annotations), spec])
}

/** Pods come and go under other names. */
function ofPod({ metadata }: KubeObject): string {
  const labels = Object.entries(metadata.labels ?? {}).sort()
  return `Pod ${metadata.namespace} ${labels.join()}`
}

/** Annotations that controllers of the cluster write come and go by themselves. */
function ours(annotations: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(annotations ?? {})
    .filter(([key]) => key.startsWith('faultline.dev/'))
    .join()
}
