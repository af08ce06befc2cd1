import { failed, type Outcome, ok, together, unknown, warning } from '../../domain/finding.ts'
import { fuseJob } from '../../faults/fuse-job.ts'
import { toleratedSkewMs } from '../../faults/fuse-state.ts'
import { orderSkewMs } from '../../faults/injector/job.ts'
import { tryJob } from '../../faults/try-job.ts'
import { parseIso } from '../../time.ts'
import type { Check } from '../examine.ts'
import { notAllowed } from './access-checks.ts'
import type { ClusterLook } from './cluster-look.ts'
import { laterTools } from './look-script.ts'
import { noImage } from './node-looks.ts'
import type { Ahead, NodeWatch } from './node-watch.ts'

/** A check of each node by what its pod says. `looked`: nodes whose pod did not start are the matter of injector-image alone. */
function ofNodes(what: string, needs: readonly string[], judge: (watch: NodeWatch) => readonly Outcome[]): Check<ClusterLook> {
  return {
    what,
    needs,
    look: async (look) => {
      try {
        const looked = await look.nodes.looked(look)
        if (looked === null) return [unknownBy(noImage(what))]
        if (looked.watches.length === 0) return [unknown('there is no node that could be looked at', 'kubectl get nodes')]
        return together(looked.watches.flatMap(judge), 'nodes')
      } catch (error) {
        return notAllowed(error, 'nodes cannot be looked at')
      }
    },
  }
}

const unknownBy = ({ found, fix }: { readonly found: string; readonly fix: string }): Outcome => unknown(found, fix)

/** What a pod said, judged; where it said nothing the answer is unknown. */
function said(watch: NodeWatch, name: string, judge: (state: 'yes' | 'no', text: string) => Outcome): Outcome {
  const one = watch.said.get(name)
  if (one === undefined || one.state === 'unknown') {
    const why = one?.text || watch.silence
    return unknown(`not known: ${why}`, one === undefined ? 'see injector-image' : buildImage, watch.node)
  }
  return judge(one.state, one.text)
}

const buildImage = 'docker build -t REGISTRY/faultline-injector:1 deploy/injector && docker push REGISTRY/faultline-injector:1'

/** A check Job of the image on each node: pulled, started, privileged. */
export const injectorImage: Check<ClusterLook> = {
  what: "the injector's image starts on each node",
  needs: ['identity'],
  look: async (look) => {
    const { image, namespace } = look.config.injector
    try {
      const looked = await look.nodes.looked(look)
      if (looked === null) {
        const { fix } = noImage('')
        return [warning('no image is named: faults that need the injector are refused', fix)]
      }
      const odd = looked.odd.map(({ node, why }) => warning(`${why}: no injector runs there`, `kubectl describe node ${node}`, node))
      return together([...looked.watches.map((watch) => started(watch, { image: image ?? '', namespace })), ...odd], 'nodes')
    } catch (error) {
      return notAllowed(error, 'no check Job can be made on nodes')
    }
  },
}

function started(watch: NodeWatch, { image, namespace }: { readonly image: string; readonly namespace: string }): Outcome {
  const { node, failure, isRefused, waitsFor } = watch
  if (isRefused) {
    const fix = `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite (or what is named above)`
    return failed(`its pod is refused: ${failure}`, fix, node)
  }
  if (failure !== null)
    return failed(`${image} does not start: ${failure}`, `${buildImage}; then --injector-image, with pullSecrets in --injector FILE`, node)
  if (watch.said.size === 0) {
    const fix = `kubectl get pods -n ${namespace} -o wide`
    return unknown(`its pod has not said anything${waitsFor === null ? '' : ` (${waitsFor})`}`, fix, node)
  }
  return said(watch, 'host', (state, text) =>
    state === 'yes'
      ? ok(`${image} is there, and sees the node`, node)
      : failed(
          `${image} starts, and does not see the node's processes: ${text}`,
          'allow hostPID and privileged pods in that namespace',
          node,
        ),
  )
}

export const injectorToolsThere: Check<ClusterLook> = ofNodes("the injector's tools", ['identity'], (watch) => [
  said(watch, 'tools', (state, text) =>
    state === 'yes' ? ok('all tools are in the image', watch.node) : lacking(text.split(' '), watch.node),
  ),
])

/** An image of an earlier version does what it did then. */
function lacking(tools: readonly string[], node: string): Outcome {
  const faults = [...new Set(tools.map((tool) => laterTools[tool]))]
  const found = `the image lacks ${tools.join(' ')}`
  if (faults.includes(undefined)) return failed(found, buildImage, node)
  return warning(`${found}: ${faults.join(', ')} cannot be had; it is an earlier version's`, buildImage, node)
}

const modules = {
  netem: ['sch_netem', 'latency, jitter, corruption and duplication are refused there'],
  tbf: ['sch_tbf', 'rates and bandwidth limits are refused there'],
  ipset: ['ip_set_hash_net', 'cuts between many peers are refused there'],
  netfilter: ['xt_time', 'cuts by netfilter are refused there'],
} as const

export const kernel: Check<ClusterLook> = ofNodes("what the nodes' kernels have", ['identity'], (watch) => {
  const answers = Object.keys(modules).map((name) => ({ name: name as keyof typeof modules, one: watch.said.get(name) }))
  const lacking = answers.filter(({ one }) => one?.state === 'no')
  const silent = answers.filter(({ one }) => one === undefined || one.state === 'unknown')
  const outcomes: Outcome[] = lacking.map(({ name, one }) => {
    const [module, consequence] = modules[name]
    return warning(
      `no ${name}: ${consequence} (${one?.text})`,
      `sudo modprobe ${module} (on the node; package kernel-modules-extra or linux-modules-extra)`,
      watch.node,
    )
  })
  if (silent.length > 0) {
    const why = silent.map(({ one }) => one?.text).find((text) => text !== undefined && text !== '') ?? watch.silence
    outcomes.push(unknown(`not known: ${silent.map(({ name }) => name).join(', ')} (${why})`, 'see injector-image', watch.node))
  }
  return outcomes.length > 0 ? outcomes : [ok(`${Object.keys(modules).join(', ')}`, watch.node)]
})

export const cgroups: Check<ClusterLook> = ofNodes('cgroups, and limits of I/O', ['identity'], (watch) => [
  said(watch, 'cgroup', (_, version) => {
    const io = watch.said.get('io')
    if (io?.state === 'yes') return ok(`cgroup ${version}, with ${io.text}`, watch.node)
    return warning(
      `cgroup ${version} without limits of I/O (${io?.text ?? 'not said'})`,
      'enable the io controller for kubepods (systemd: Delegate=yes, IOAccounting=yes)',
      watch.node,
    )
  }),
])

export const dns: Check<ClusterLook> = ofNodes("DNS from the injectors' namespace", ['identity'], (watch) => [
  said(watch, 'dns', (state, text) =>
    state === 'yes'
      ? ok('kubernetes.default.svc is found', watch.node)
      : warning(
          `pods there cannot look names up: ${text}; what runs make needs no names, workloads mostly do`,
          'kubectl -n kube-system get pods,endpoints -l k8s-app=kube-dns',
          watch.node,
        ),
  ),
])

/** Of the API server, by which fuses burn, and of each node, by which orders to injectors live. */
export const clocks: Check<ClusterLook> = {
  what: "clocks against this machine's",
  needs: ['identity'],
  look: async (look) => [await clockOfApiServer(look), ...(await clocksOfNodes.look(look))],
}

/** A Job that is not made, only taken by dry run, says when: to the second. */
async function clockOfApiServer(look: ClusterLook): Promise<Outcome> {
  const on = 'the API server'
  const before = look.clock.now()
  let madeAt: number | undefined
  const job = fuseJob(
    look,
    { namespace: look.config.injector.namespace, name: `faultline-${look.runId}-clock`, pod: null },
    { step: 0, role: 'fuse', burnsAt: before + look.config.prepareMs },
  )
  const refusal = await tryJob(look, job, ({ metadata }) => {
    madeAt = parseIso(metadata.creationTimestamp)
  })
  if (madeAt === undefined) return unknown(`not known: ${refusal?.message ?? 'its answer has no time'}`, 'see jobs', on)
  const apart = outside({ leastMs: madeAt - look.clock.now(), mostMs: madeAt + 1000 - before })
  if (Math.abs(apart) <= toleratedSkewMs) return ok(`within ${toleratedSkewMs / 1000} s, as far as can be told`, on)
  return failed(`${far(apart)}: fuses would burn at other times than runs think`, setClocks, on)
}

const clocksOfNodes = ofNodes('clocks of the nodes', ['identity'], ({ ahead, node, silence }) => {
  if (ahead === null) return [unknown(`not known: ${silence}`, 'see injector-image', node)]
  const apart = outside(ahead)
  if (Math.abs(apart) <= orderSkewMs) return [ok(`within ${orderSkewMs / 1000} s, as far as can be told`, node)]
  if (Math.abs(apart) > toleratedSkewMs) return [failed(`${far(apart)}: orders to injectors are dead when they come`, setClocks, node)]
  return [warning(`${far(apart)}: orders to injectors may be dead when they come`, setClocks, node)]
})

/** How much of it is certain; below zero it is behind. */
function outside({ leastMs, mostMs }: Ahead): number {
  if (leastMs > 0) return leastMs
  return mostMs < 0 ? mostMs : 0
}

const far = (apart: number) => `at least ${(Math.abs(apart) / 1000).toFixed(1)} s ${apart > 0 ? 'ahead of' : 'behind'} this machine's`
const setClocks = 'chronyc tracking (on the node and here): let NTP set both clocks'
