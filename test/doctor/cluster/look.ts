import type { Config } from '../../../lib/config.ts'
import type { Outlets } from '../../../lib/doctor/cluster/cluster-look.ts'
import { lookAtCluster } from '../../../lib/doctor/cluster/look-at-cluster.ts'
import type { Finding } from '../../../lib/domain/finding.ts'
import type { World } from '../../support/world.ts'

export interface LookOptions {
  readonly only?: readonly string[]
  readonly config?: Partial<Config>
  readonly interrupt?: AbortSignal
  readonly outlets?: Partial<Outlets>
  /** From then on no call of it is sent, and none answers: its process was killed. */
  readonly killed?: AbortSignal
}

/** A doctor's look at a world's cluster, under its virtual clock. */
export async function lookAt(world: World, options: LookOptions = {}): Promise<readonly Finding[]> {
  return world.play(beginLook(world, options))
}

/** The same, for a test that moves the clock itself. */
export async function beginLook(world: World, { only, config, interrupt, outlets, killed }: LookOptions = {}): Promise<readonly Finding[]> {
  const engine = world.engine()
  const { objects, pods, groups } = await engine.connect(world.ref)
  const cluster = { objects: mortal(objects, killed), pods: mortal(pods, killed), ...(groups === undefined ? {} : { groups }) }
  return lookAtCluster(
    {
      ...{ cluster, clusterName: 'sandbox', clock: world.clock, config: { ...engine.config, ...config }, id: 'doctor-1' },
      ...{ namespace: 'jadevectordb-system', selector: 'app=jadevectordb' },
      outlets: { prometheus: null, pushgateway: null, topic: null, ...outlets },
      ...(interrupt === undefined ? {} : { interrupt }),
    },
    { only },
  )
}

function mortal<T extends object>(target: T, killed: AbortSignal | undefined): T {
  return new Proxy(target, {
    get: (object, method) => {
      const value: unknown = Reflect.get(object, method)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => (killed?.aborted === true ? new Promise(() => undefined) : value.apply(object, args))
    },
  })
}

/** `check: state`, of all that is not well. */
export function trouble(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.filter(({ state }) => state !== 'ok' && state !== 'off').map(({ check, state }) => `${check}: ${state}`))]
}

/** The first finding of a check that is not well, else its first. */
export function of(findings: readonly Finding[], check: string): Finding {
  const all = findings.filter((finding) => finding.check === check)
  const found = all.find(({ state }) => state !== 'ok') ?? all[0]
  if (found === undefined) throw new Error(`there is no finding of ${check}`)
  return found
}
