import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type TestNode, until } from './test-node.ts'

const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
const trees = isV2 ? ['/sys/fs/cgroup'] : ['memory', 'cpu', 'cpuacct', 'pids', 'freezer'].map((name) => `/sys/fs/cgroup/${name}`)

/** Runs as the container's first process: mounts as the kubelet makes them, then the main process. */
const containerInit = `
  mount --make-rprivate / && mount -t proc proc /proc && mount -t tmpfs tmpfs /tmp || exit 1
  mount --bind /run/kubelet/pods/$1/containers/$2/0a1b2c3d /etc/hostname || exit 1
  mount --bind /run/kubelet/pods/$1/resolv.conf /etc/resolv.conf || exit 1
  mount --bind /run/kubelet/pods/$1/volumes/kubernetes.io~empty-dir/e /mnt && mount --bind /run/elsewhere /srv || exit 1
  eval "$3"`

export interface PodOptions {
  readonly memoryMiB?: number
  readonly cpuMilli?: number
  /** Its cgroups cannot be frozen, as where cgroup v1 has no freezer; on v2 they always can. */
  readonly hasNoFreezer?: boolean
}

interface Container {
  readonly id: string
  readonly pid: number
}

/** A pod as the kubelet and containerd make one: a network namespace, cgroups by UID and container ID, an emptyDir on /mnt, a hostPath on /srv. */
export class TestPod {
  readonly uid: string
  readonly address: string
  readonly address6: string
  readonly name: string
  readonly #node: TestNode
  readonly #memoryMiB: number | null
  readonly #cpuMilli: number | null
  readonly #trees: readonly string[]
  readonly #containers = new Map<string, Container>()
  readonly #groups: string[] = []

  constructor(node: TestNode, options: PodOptions & { readonly uid: string; readonly number: number }) {
    this.#node = node
    this.#memoryMiB = options.memoryMiB ?? null
    this.#cpuMilli = options.cpuMilli ?? null
    this.#trees = options.hasNoFreezer ? trees.filter((tree) => !tree.endsWith('/freezer')) : trees
    this.uid = options.uid
    this.name = `pod${options.number}`
    this.address = `10.77.0.${options.number}`
    this.address6 = `fd77::${options.number}`
    node.run(
      `set -e; ip netns add $1; ip link add v$1 type veth peer name eth0 netns $1; ip link set v$1 master br0 up
       ip -n $1 link set lo up; ip -n $1 link set eth0 up; ip -n $1 addr add $2/24 dev eth0; ip -n $1 route add default via 10.77.0.1
       ip -n $1 addr add $3/64 dev eth0 nodad
       mkdir -p /run/elsewhere /run/kubelet/pods/$4/volumes/kubernetes.io~empty-dir/e
       echo nameserver 10.77.0.1 >/run/kubelet/pods/$4/resolv.conf`,
      this.name,
      this.address,
      this.address6,
      this.uid,
    )
  }

  /** Starts a container (anew, with another ID, if there was one of that name). */
  async start(name: string, main: string): Promise<void> {
    const id = randomBytes(32).toString('hex')
    const groups = this.#trees.map((tree) => `${tree}/kubepods-test/pod${this.uid}/${id}`)
    for (const group of groups) this.#makeGroup(group)
    this.#node.run('mkdir -p $1 && : >$1/0a1b2c3d', `/run/kubelet/pods/${this.uid}/containers/${name}`)
    const container = this.#node.enter([
      'sh',
      '-c',
      `init=$1 netns=$2 uid=$3 name=$4 main=$5; shift 5
       for group; do echo $$ >$group/cgroup.procs || exit 1; done
       exec nsenter --net=/run/netns/$netns unshare --pid --mount --fork --kill-child sh -c "$init" sh $uid $name "$main"`,
      'sh',
      ...[containerInit, this.name, this.uid, name, main, ...groups],
    ])
    const found = () => this.#firstProcess(groups[0] ?? '')
    const isMounted = (pid: number) => this.#node.succeeds('grep -q " /srv " /proc/$1/mountinfo', String(pid))
    await until(`container ${name} runs, or was killed already`, () => {
      const pid = found()
      return (pid !== undefined && isMounted(pid)) || container.exitCode !== null || container.signalCode !== null
    })
    await sleep(100)
    this.#containers.set(name, { id, pid: found() ?? 0 })
  }

  /** PID 1 of the container, by its number in the node. */
  #firstProcess(group: string): number | undefined {
    const script =
      'for p in $(cat $1/cgroup.procs); do grep -q "^NSpid:.*\\s1$" /proc/$p/status && ! grep -q /bin/unshare /proc/$p/cmdline && echo $p; done; true'
    const pid = Number(this.#node.run(script, group).split('\n')[0])
    return pid > 0 ? pid : undefined
  }

  #makeGroup(group: string): void {
    const root = group.slice(0, group.indexOf('/kubepods-test'))
    mkdirSync(group, { recursive: true })
    if (isV2)
      for (const dir of [root, `${root}/kubepods-test`, `${root}/kubepods-test/pod${this.uid}`])
        writeFileSync(`${dir}/cgroup.subtree_control`, '+memory +cpu')
    const limit = isV2 ? `${group}/memory.max` : `${group}/memory.limit_in_bytes`
    if (this.#memoryMiB !== null && existsSync(limit)) writeFileSync(limit, String(this.#memoryMiB * 1024 * 1024))
    const quota = isV2 ? `${group}/cpu.max` : `${group}/cpu.cfs_quota_us`
    if (this.#cpuMilli !== null && existsSync(quota))
      writeFileSync(quota, isV2 ? `${this.#cpuMilli * 100} 100000` : `${this.#cpuMilli * 100}`)
    this.#groups.push(group)
  }

  /** This pod's line of FAULTLINE_TARGETS. */
  line(container = 'main', only = ''): string {
    return `${this.uid} ${this.#container(container).id} ns/${this.name}/${container} ${only}`.trimEnd()
  }

  /** What its containers' /etc/resolv.conf says from now on. */
  resolvConf(text: string): void {
    this.#node.run('printf %s "$2" >/run/kubelet/pods/$1/resolv.conf', this.uid, text)
  }

  mainPid(container = 'main'): number {
    return this.#container(container).pid
  }

  isRunning(container = 'main'): boolean {
    return this.#node.succeeds('[ -d /proc/$1 ] && ! grep -q "^State:\\sZ" /proc/$1/status', String(this.mainPid(container)))
  }

  kill(container = 'main'): void {
    this.#node.succeeds('[ $1 -gt 0 ] && kill -9 $1', String(this.mainPid(container)))
  }

  /** What a test left frozen would not die. */
  killAll(): void {
    for (const name of this.#containers.keys()) {
      if (this.#trees === trees) this.freeze(false, name)
      this.kill(name)
    }
  }

  /** By the container's own cgroup, as another program than ours would. */
  freeze(isOn: boolean, container = 'main'): void {
    const [file, on, off] = isV2 ? ['cgroup.freeze', '1', '0'] : ['freezer.state', 'FROZEN', 'THAWED']
    const path = `${this.#group('freezer', container)}/${file}`
    if (existsSync(path)) writeFileSync(path, isOn ? on : off)
  }

  /** Does the kernel say that all of the container's processes stand still? */
  isFrozen(container = 'main'): boolean {
    const group = this.#group('freezer', container)
    if (isV2) return readFileSync(`${group}/cgroup.events`, 'utf8').includes('frozen 1')
    return readFileSync(`${group}/freezer.state`, 'utf8').trim() === 'FROZEN'
  }

  /** States of the container's processes, as /proc tells them, by PID. */
  states(container = 'main'): string {
    const script =
      'for p in $(grep -ls $1 /proc/[0-9]*/cgroup | cut -d / -f 3); do sed -n "s/^State:.\\(.\\).*/$p \\1/p" /proc/$p/status; done 2>/dev/null; true'
    return this.#node.run(script, this.#container(container).id)
  }

  /** A shell command in the pod's network, with the node's tools. */
  net(script: string, ...args: readonly string[]): string {
    return this.#node.run('n=$1 s=$2; shift 2; exec nsenter --net=/run/netns/$n sh -c "$s" sh "$@"', this.name, script, ...args)
  }

  pings(address: string): boolean {
    return this.#node.succeeds('nsenter --net=/run/netns/$1 ping -n -q -c 1 -W 1 $2', this.name, address)
  }

  /** Memory of the container in MiB, by its cgroup. */
  memoryMiB(container = 'main'): number {
    const file = isV2 ? 'memory.current' : 'memory.usage_in_bytes'
    return Number(readFileSync(`${this.#group('memory', container)}/${file}`, 'utf8')) / 1024 / 1024
  }

  /** CPU time of the container in seconds, by its cgroup. */
  cpuSeconds(container = 'main'): number {
    const group = this.#group('cpuacct', container)
    if (!isV2) return Number(readFileSync(`${group}/cpuacct.usage`, 'utf8')) / 1e9
    return Number(/usage_usec (\d+)/.exec(readFileSync(`${group}/cpu.stat`, 'utf8'))?.[1]) / 1e6
  }

  /** Names in a directory of the container. */
  files(directory: string, container = 'main'): readonly string[] {
    return this.#node
      .run('ls -A "/proc/$1/root$2"', String(this.mainPid(container)), directory)
      .split('\n')
      .filter(Boolean)
  }

  /** Everything an injector could have left here, to be compared with itself. */
  traces(container = 'main'): string {
    return this.net(
      `for kind in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
         names=/proc/self/net/ip_tables_names; case $kind in ip6*) names=/proc/self/net/ip6_tables_names ;; esac
         case $kind in *-legacy) { read -r some <$names; } 2>/dev/null || continue ;; esac
         echo $kind; $kind-save 2>/dev/null | grep -e ^-A -e '^:FLT'
       done
       ipset list -n; tc qdisc show; tc filter show dev eth0
       ls -A /proc/$1/root/tmp /proc/$1/root/mnt /run/elsewhere
       grep -ls FAULTLINE_STRESS= /proc/[0-9]*/environ | cut -d / -f 3 | sort
       cat /sys/fs/cgroup/freezer/kubepods-test/pod$2/*/freezer.state /sys/fs/cgroup/kubepods-test/pod$2/*/cgroup.freeze
       for p in $(grep -ls pod$2 /proc/[0-9]*/cgroup | cut -d / -f 3); do grep -l '^State:.T' /proc/$p/status; done
       find /tmp -name '.faultline*'; true`,
      String(this.mainPid(container)),
      this.uid,
    )
  }

  #group(controller: string, container: string): string {
    return `${isV2 ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controller}`}/kubepods-test/pod${this.uid}/${this.#container(container).id}`
  }

  #container(name: string): Container {
    const found = this.#containers.get(name)
    if (found === undefined) throw new Error(`${this.name} has no container ${name}`)
    return found
  }

  /** The machine's cgroups, as they were before. */
  async removeCgroups(): Promise<void> {
    const parents = this.#groups.flatMap((group) => [group, group.slice(0, group.lastIndexOf('/'))])
    for (const group of [...parents, ...trees.map((tree) => `${tree}/kubepods-test`)]) {
      for (let tries = 0; existsSync(group) && tries < 40; tries++) {
        try {
          rmdirSync(group)
        } catch {
          if (readdirSync(group, { withFileTypes: true }).some((entry) => entry.isDirectory())) break
          await sleep(50)
        }
      }
    }
  }
}
