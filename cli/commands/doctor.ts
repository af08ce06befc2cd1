import { randomBytes } from 'node:crypto'
import { createLogUpdate } from 'log-update'
import { signForPrometheus } from '../../lib/adapters/aws/sigv4.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import type { Config } from '../../lib/config.ts'
import { clusterChecks } from '../../lib/doctor/cluster/checks.ts'
import type { Outlets } from '../../lib/doctor/cluster/cluster-look.ts'
import { lookAtCluster } from '../../lib/doctor/cluster/look-at-cluster.ts'
import type { Progress } from '../../lib/doctor/examine.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { healthOf, type Outcome } from '../../lib/domain/finding.ts'
import { askForOne } from '../../lib/probes/prometheus-look.ts'
import type { DoctorLook } from '../../lib/remote/interface.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { suiteDefaults } from '../../lib/suite/schema.ts'
import { Clusters } from '../clusters.ts'
import { printJson, sayer, type WorkFlags } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { configOf, type TellingFlags } from '../settings.ts'
import { openStateDir } from '../state-dir.ts'
import { inLocale, printPainted, type Terminal } from '../terminal.ts'
import { doctorLines, progressLine } from '../view/doctor-view.ts'
import { painter } from '../view/paint.ts'

export interface DoctorFlags extends WorkFlags {
  readonly namespace?: string
  readonly selector?: string
  readonly only?: readonly string[]
}

const exitOf = { ok: exitCodes.succeeded, warnings: exitCodes.notSucceeded, failed: exitCodes.refused } as const

/** `faultline doctor`: looks at everything that runs need, and takes away what it made for that. Exits with 0, 1 (warnings) or 2. */
export async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<ExitCode> {
  checkNames(flags.only)
  const { namespace = suiteDefaults.namespace, selector = suiteDefaults.selector } = flags
  const say = sayer(flags, terminal)
  const clusters = new Clusters({
    ...{ flags, env: terminal.env, isLive: terminal.isLive, clock: systemClock, say },
    stateDir: openStateDir(flags.state),
    maxInFlight: flags.maxInFlight,
  })
  const interrupt = new AbortController()
  const dispose = terminal.onInterrupt(() => interrupt.abort())
  const screen = progressOn(terminal, flags.json === true)
  try {
    const { name, simulated, cluster } = await clusters.open()
    const config = configOf(flags, simulated, terminal.env)
    const findings = await lookAtCluster(
      {
        ...{ cluster, clusterName: name, clock: systemClock, config, namespace, selector, interrupt: interrupt.signal },
        ...{ id: `doctor-${randomBytes(5).toString('hex')}`, outlets: outletsOf(config, flags) },
      },
      { only: flags.only, progress: screen.show },
    )
    screen.end()
    return tellDoctor({ cluster: { name, simulated }, namespace, findings }, flags, terminal)
  } finally {
    screen.end()
    dispose()
    await clusters.close({ keepEmbedded: false })
  }
}

/** What was found, and what it comes to. */
export function tellDoctor(
  { cluster, namespace, findings }: DoctorLook,
  { json }: { readonly json?: boolean },
  terminal: Terminal,
): ExitCode {
  const { out, hasColour } = terminal
  const health = healthOf(findings)
  if (json === true) {
    const checks = findings.map((finding) => ({ ...finding, what: whatOf(finding.check) }))
    printJson(terminal, { verdict: health, cluster, namespace, checks, exitCode: exitOf[health] })
  } else for (const line of doctorLines({ of: clusterText(cluster), findings }, out.columns, painter(hasColour))) printPainted(out, line)
  return exitOf[health]
}

/** @throws FaultlineError `bad_input` for a check that there is not */
export const checkNames = (only: readonly string[] = []): void => {
  const wrong = only.find((name) => !Object.hasOwn(clusterChecks, name))
  if (wrong !== undefined) throw new FaultlineError('bad_input', `--only: ${notAllowed(wrong, Object.keys(clusterChecks), 'is no check')}`)
}

function whatOf(check: string): string {
  return Object.hasOwn(clusterChecks, check) ? clusterChecks[check as keyof typeof clusterChecks].what : 'what this look made is gone'
}

function outletsOf({ prometheus }: Pick<Config, 'prometheus'>, { pushgatewayUrl, snsTopic }: TellingFlags): Outlets {
  return {
    prometheus: prometheus.url === null ? null : () => askForOne(prometheus, signForPrometheus, systemClock.now()),
    topic: snsTopic === undefined ? null : () => topicOf(snsTopic),
    pushgateway:
      pushgatewayUrl === undefined
        ? null
        : async () => (await import('../../lib/adapters/pushgateway/ready.ts')).askPushgateway(pushgatewayUrl),
  }
}

async function topicOf(arn: string): Promise<readonly Outcome[]> {
  const [{ openInstallation }, { judgeTopic }] = await Promise.all([
    import('../../lib/adapters/aws/installation.ts'),
    import('../../lib/doctor/aws/checks.ts'),
  ])
  // arn:PARTITION:sns:REGION:…
  const installation = openInstallation(arn.split(':')[3] ?? '')
  try {
    return await judgeTopic(installation, arn)
  } finally {
    installation.close()
  }
}

/** One line at a terminal, which is redrawn; nothing in a pipe. */
function progressOn({ out, isLive }: Terminal, isJson: boolean): { readonly show: Progress; readonly end: () => void } {
  if (!isLive || isJson) return { show: () => undefined, end: () => undefined }
  const stream = { write: (text: string) => out.write(text), isTTY: true, columns: out.columns, rows: out.rows }
  const update = createLogUpdate(stream as unknown as NodeJS.WritableStream)
  return { show: (state) => update(inLocale(out, progressLine(state, out.columns))), end: () => update.clear() }
}
