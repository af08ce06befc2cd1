import type { KubeObject, ManagedFields } from './kube.ts'

/** The name under which every write of ours stands in `metadata.managedFields`. */
export const fieldManager = 'faultline'

/**
 * Who set a field last; empty when no client is known to (it was removed since, or something on the way strips `managedFields`). `path` is
 * as in the object: `['spec', 'unschedulable']`. A field that was removed leaves no trace of who removed it
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
 */
export function settersOf(object: KubeObject, path: readonly string[]): readonly ManagedFields[] {
  return (object.metadata.managedFields ?? []).filter(({ fieldsV1 }) => {
    let fields: unknown = fieldsV1
    for (const key of path) fields = Object(fields)[`f:${key}`]
    return fields !== undefined
  })
}
