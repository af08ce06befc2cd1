import { systemClock } from '../../lib/adapters/system-clock.ts'
import { printJson } from '../command.ts'
import type { ServedSandbox } from '../embedded/serve-sandbox.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { shortPath } from '../reports.ts'
import type { StateFlags } from '../settings.ts'
import { openStateDir } from '../state-dir.ts'
import { print, type Terminal } from '../terminal.ts'

export interface SandboxFlags extends StateFlags {
  readonly replicas?: number
  readonly nodes?: number
  readonly port?: number
  /** Hidden: started by another command for itself. */
  readonly ephemeral?: boolean
}

/** As long as a coffee between two commands; then its memory (some 100 MB) is worth more. */
const idleLimitMs = 900_000
const lookEveryMs = 5_000

/** `faultline sandbox`: keeps an embedded cluster running until Ctrl-C, or, started by another command, until no command asks it anything. */
export async function keepSandbox(flags: SandboxFlags, terminal: Terminal): Promise<ExitCode> {
  const stop = new AbortController()
  const dispose = terminal.onInterrupt(() => stop.abort())
  const { serveSandbox } = await import('../embedded/serve-sandbox.ts')
  const { replicas, nodes, port, ephemeral = false } = flags
  const size = {
    ...(replicas === undefined ? {} : { replicas }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(port === undefined ? {} : { port }),
  }
  const served = await serveSandbox({ stateDir: openStateDir(flags.state), ephemeral, clock: systemClock, ...size })
  try {
    if (flags.json === true) printJson(terminal, { ...served.record, kubeconfig: served.kubeconfigPath, simulated: true })
    else if (ephemeral) print(terminal.out, `embedded cluster at ${served.record.url}, cluster UID ${served.record.clusterUid}`)
    else introduce(served, flags.state, terminal)
    while (!stop.signal.aborted && !(ephemeral && isIdle(served))) await systemClock.sleep(lookEveryMs, stop.signal)
  } finally {
    dispose()
    await served.close()
  }
  if (!ephemeral && flags.json !== true) print(terminal.out, 'The embedded cluster has ended, and everything in it.')
  return exitCodes.succeeded
}

function isIdle(served: ServedSandbox): boolean {
  return systemClock.now() - served.lastRequestAt() > idleLimitMs
}

function introduce({ record, kubeconfigPath }: ServedSandbox, state: string, terminal: Terminal): void {
  const file = shortPath(kubeconfigPath)
  const lines = [
    'An embedded Kubernetes cluster is running. It is SIMULATED: the API is real enough for kubectl, the pods are not real.',
    '',
    `  API         ${record.url}`,
    `  kubeconfig  ${file}`,
    `  workload    ${record.serviceUrl}  (/health, /metrics; namespace jadevectordb-system)`,
    '',
    'Try, in another terminal:',
    `  kubectl --kubeconfig ${file} get pods -n jadevectordb-system --watch`,
    `  curl ${record.serviceUrl}/metrics`,
    `  npx faultline run experiments/quick-test-suite.json --sandbox${state === '.faultline' ? '' : ` --state ${state}`}`,
    '',
    'Ctrl-C ends it.',
  ]
  for (const line of lines) print(terminal.out, line)
}
