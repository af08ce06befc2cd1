import { seconds, type TestNode } from './test-node.ts'
import type { TestPod } from './test-pod.ts'

/** One injection of each kind that leaves something behind when it is not undone. */
export const kinds = {
  'cut-network': {},
  'limit-network': { FAULTLINE_AMOUNT: '2000' },
  'load-network': { FAULTLINE_AMOUNT: '2000' },
  'fill-disk': { FAULTLINE_AMOUNT: '10', FAULTLINE_PATH: '/mnt' },
  'stress-memory': { FAULTLINE_AMOUNT: '20' },
  'fail-dns': { FAULTLINE_ANSWER: 'nxdomain' },
  'fault-http': { FAULTLINE_HTTP: 'abort', FAULTLINE_PORTS: '8080/tcp' },
  'stress-cpu': { FAULTLINE_AMOUNT: '1' },
  freeze: {},
} as const
export type Kind = keyof typeof kinds
export const allKinds = Object.keys(kinds) as Kind[]

/** Starts one on a pod, for 40 s if not told otherwise. */
export function startKind(
  node: TestNode,
  kind: Kind,
  { pod, lasts = 40, twin = true }: { readonly pod: TestPod; readonly lasts?: number; readonly twin?: boolean },
) {
  const what = { FAULTLINE_ACTION: kind, FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(lasts), ...kinds[kind] }
  return node.inject(what, { twin })
}
