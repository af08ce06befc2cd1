import type { ClusterRef } from '../domain/run.ts'

/** A cluster by name; where none of it is real, that is said wherever it is named. */
export function clusterText({ name, simulated }: Pick<ClusterRef, 'name' | 'simulated'>): string {
  return simulated ? `${name} (simulated)` : name
}
