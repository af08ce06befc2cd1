import { haltCommand } from './labels.ts'
import type { ClusterRef } from './run.ts'

/**
 * The line that ends all chaos on the cluster of a run, with the kubeconfig and context that it is meant for: a person who copies it must not
 * meet another cluster. A cluster that is entered by AWS or from inside a pod has no kubeconfig of ours; texts name the cluster beside it.
 */
export function haltCommandFor({ via }: Pick<ClusterRef, 'via'>): string {
  const rest = haltCommand.slice('kubectl'.length)
  switch (via.kind) {
    case 'sandbox':
      // An empty kubeconfig: the credentials of a real one are not sent to the embedded cluster.
      return `kubectl --kubeconfig /dev/null --server ${via.url}${rest}`
    case 'kubeconfig':
      // kubectl takes a list of files from the variable only.
      return via.path.includes(':')
        ? `KUBECONFIG=${quoted(via.path)} kubectl --context ${quoted(via.context)}${rest}`
        : `kubectl --kubeconfig ${quoted(via.path)} --context ${quoted(via.context)}${rest}`
    case 'in-cluster':
    case 'eks':
    case 'secret':
      return haltCommand
  }
}

/** For a POSIX shell; what needs no quotes gets none. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
