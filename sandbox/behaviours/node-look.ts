import { apiServerAddress } from '../network.ts'
import type { Behaviour, Process, ProcessContext } from './behaviour.ts'

/** What is not as it should be with an image and the nodes that it runs on. */
export interface NodeFacts {
  /** Tools that the image has not got. */
  readonly withoutTools?: readonly string[]
  /** Of netem, tbf, ipset and netfilter. */
  readonly kernelLacks?: readonly string[]
  readonly cgroup?: 'v1' | 'v2'
  /** How far the nodes' clocks are ahead, in ms. */
  readonly aheadMs?: number
}

const firstMs = 300
const everyMs = 1_000

/** What doctor has the injector's image look at, in the lines of the real script; it asks the way to the API server until it is ended. */
export function nodeLook(context: ProcessContext, facts: NodeFacts = {}): Process {
  const { withoutTools = [], kernelLacks = [], cgroup = 'v2', aheadMs = 0 } = facts
  const say = (name: string, isWell: boolean, text = '') => context.log(`look ${name} ${isWell ? 'yes' : 'no'} ${text}`)
  const again = () => {
    const pod = context.pod()
    if (pod === undefined) return
    say('clock', true, String(context.now() + aheadMs))
    say('way', context.world.network.admitsOut(pod, apiServerAddress), `${apiServerAddress}:443`)
    context.at(context.now() + everyMs, again)
  }
  context.at(context.now() + firstMs, () => {
    const asked = (context.env.FAULTLINE_TOOLS ?? '').split(' ')
    const missing = asked.filter((tool) => withoutTools.includes(tool))
    say('tools', missing.length === 0, missing.join(' '))
    say('host', true)
    for (const name of ['netem', 'tbf', 'ipset', 'netfilter'])
      say(name, !kernelLacks.includes(name), kernelLacks.includes(name) ? 'not simulated' : '')
    say('cgroup', true, cgroup)
    say('io', true, cgroup === 'v2' ? 'io.max' : 'blkio.throttle')
    const { hasDns } = context.world
    say('dns', hasDns, hasDns ? '10.96.0.1 kubernetes.default.svc' : 'no answer for kubernetes.default.svc')
    again()
  })
  return { terminate: () => context.exit(0) }
}

/** An injector's image that does everything as it should but what `facts` say. */
export function imageWith(facts: NodeFacts, otherwise: Behaviour): Behaviour {
  return (context) => (context.env.FAULTLINE_ACTION === 'look' ? nodeLook(context, facts) : otherwise(context))
}
