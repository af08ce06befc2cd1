/** Every object of ours bears `managed-by`, so that one `kubectl delete jobs -A -l …` ends all chaos. */
export const managedByLabel = 'app.kubernetes.io/managed-by'
export const managedBy = 'faultline'
export const managedSelector = `${managedByLabel}=${managedBy}`
export const haltCommand = `kubectl delete jobs -A -l ${managedSelector}`

export const runLabel = 'faultline.dev/run'
export const stepLabel = 'faultline.dev/step'
/** What the object is for: fuse, beacon, injector, check, policy, load, probe. */
export const roleLabel = 'faultline.dev/role'
/** On a load's Job and pods: its number in the suite. */
export const loadLabel = 'faultline.dev/load'
/** On targets only; the partition's policy selects it. Inert when left behind. */
export const targetLabel = 'faultline.dev/target'
export const expiresAnnotation = 'faultline.dev/expires-at'
/** On a fuse: the second since the epoch at which it burns, moved with its deadline. */
export const burnsAtAnnotation = 'faultline.dev/burns-at'
/** On a pod (by its template, or by itself), a Deployment or a namespace: no fault is ever injected there. */
export const optOutAnnotation = 'faultline.dev/opt-out'
/** On a cordoned node: whose cordon it is. */
export const cordonAnnotation = 'faultline.dev/cordoned-by'

export type Role = 'fuse' | 'beacon' | 'injector' | 'check' | 'policy' | 'load' | 'probe'

/** Labels of an object that belongs to a step (or, for the beacon and loads, to the run). */
export function ourLabels(owner: { readonly runId: string; readonly step: number | null; readonly role: Role }): Record<string, string> {
  return {
    [managedByLabel]: managedBy,
    [runLabel]: owner.runId,
    ...(owner.step === null ? {} : { [stepLabel]: String(owner.step) }),
    [roleLabel]: owner.role,
  }
}
