import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refOf } from '../../lib/domain/kube.ts'
import { faultline, outputTail } from './command.ts'
import type { Options } from './options.ts'
import type { Manifest, Place } from './place.ts'
import { leftovers, type Result } from './play.ts'
import type { Told } from './stage.ts'

/** The suites that come along, by the names by which `faultline run` takes them. */
export const suiteNames = ['default', 'quick', 'stress'] as const

/** The parts of `faultline run --json` that are judged. */
interface Answer extends Told {
  readonly steps: readonly (Told['steps'][number] & {
    readonly name: string
    readonly verdict: string
    readonly reasons: readonly string[]
  })[]
}

/** One of the suites as it is, on the scenarios' workload; whole, or (faults become shorter) within so many seconds. */
export async function playSuite(place: Place, options: Options, suite: (typeof suiteNames)[number]): Promise<Result> {
  await place.ready()
  const users = await place.cluster.objects.create(usersOf(place, options))
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const images = ['--injector-image', options.injectorImage, '--injector-namespace', place.injectors]
  const pause = options.pauseImage === undefined ? [] : ['--pause-image', options.pauseImage]
  const where = ['--kubeconfig', place.account.kubeconfig, '-n', place.namespace, '--selector', 'app=e2e']
  const within = options.suiteSeconds === undefined ? [] : ['--duration', `${options.suiteSeconds}`]
  const run = faultline(['run', suite, '--json', '--report', 'suite.xml', ...within, ...where, ...images, ...pause], directory)
  const none = { name: `suite ${suite}`, planToBite: null, endToUndone: null, fuseToGone: null }
  try {
    const code = await run.done
    const { verdict, steps, reasons } = JSON.parse(run.output()) as Answer
    const cases = readFileSync(join(directory, 'suite.xml'), 'utf8').match(/<testcase /g)?.length ?? 0
    const left = await leftovers(place)
    const untold = steps.filter((step) => step.verdict !== 'succeeded' && step.reasons.length === 0)
    const notes = [
      ...left.map((one) => `left: ${one}`),
      ...untold.map(({ name }) => `no reason for ${name}`),
      ...(cases < steps.length ? [`${cases} cases in the JUnit file for ${steps.length} steps`] : []),
      ...reasons,
    ]
    const ok = code === 0 && verdict === 'succeeded' && left.length === 0 && untold.length === 0 && cases >= steps.length
    return { ...none, ok, verdict, note: notes.join('; ') }
  } catch (error) {
    return { ...none, ok: false, verdict: 'error', note: `${String(error)} ${run.output().slice(-outputTail)}` }
  } finally {
    await place.cluster.objects.delete(refOf(users))
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Who asks the workload's Service ten times a second: a fault that meets no traffic has no effect, and says so. */
function usersOf({ namespace }: Place, options: Options): Manifest {
  const labels = { app: 'e2e-users' }
  const container = {
    name: 'users',
    image: options.injectorImage,
    imagePullPolicy: 'IfNotPresent',
    command: [
      'sh',
      '-c',
      'trap "exit 0" TERM; while :; do curl -s -o /dev/null -m 0.5 "http://$E2E_SERVICE_HOST:$E2E_SERVICE_PORT/"; sleep 0.1; done',
    ],
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const spec = {
    terminationGracePeriodSeconds: 2,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'e2e-users', namespace },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}
