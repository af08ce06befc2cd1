import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { injectorScript } from '../../../lib/faults/injector/script/injector-script.ts'
import { generateInjectorScript } from '../../../scripts/generate-injector-script.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-script-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Calls functions of the script, without what it does when it is run. */
function call(code: string, ...args: readonly string[]): string {
  const env = { PATH: process.env.PATH, FAULTLINE_ROLE: 'functions' }
  return execFileSync('sh', ['-c', `${injectorScript}\n${code}`, 'sh', ...args], { env, encoding: 'utf8' }).trim()
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const uid = '3137b5cc-c8a7-436c-ab88-791a73f48ae6'
const underscored = uid.replaceAll('-', '_')
const id = 'ab'.repeat(32)

describe("the injector's script", () => {
  it('is the one that its pieces make', async () => {
    const module = new URL('../../../lib/faults/injector/script/injector-script.ts', import.meta.url)
    expect(readFileSync(module, 'utf8')).toBe(await generateInjectorScript())
  })

  it('fits into one argument of a process, twice into a Job', () => {
    // Linux takes 128 KiB in one argument (MAX_ARG_STRLEN, execve(2)); an eighth of that is left for what else may come.
    expect(Buffer.byteLength(injectorScript)).toBeLessThan(112 * 1024)
  })

  it('has nothing that Kubernetes would expand in a command: $$ would become $', () => {
    expect(injectorScript).not.toContain('$$')
    expect(injectorScript).not.toMatch(/\$\((?:FAULTLINE_|KUBERNETES_)/)
  })

  it.each([
    ['containerd, cgroupfs, v1', `9:name=systemd:/kubepods/burstable/pod${uid}/${id}`],
    [
      'containerd, systemd, v2',
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${underscored}.slice/cri-containerd-${id}.scope`,
    ],
    ['containerd, systemd spelling under cgroupfs', `0::/system.slice/kubepods-besteffort-pod${underscored}.slice:cri-containerd:${id}`],
    ['CRI-O, v2', `0::/kubepods.slice/kubepods-pod${underscored}.slice/crio-${id}.scope`],
    ['CRI-O, a group below', `0::/kubepods.slice/kubepods-pod${underscored}.slice/crio-${id}.scope/container`],
    ['docker', `0::/kubepods.slice/kubepods-pod${underscored}.slice/docker-${id}.scope`],
    ['another cgroup namespace', `0::/../../../kubepods/pod${uid}/${id}`],
    [
      'a node in a container (kind)',
      `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${underscored}.slice/cri-containerd-${id}.scope`,
    ],
  ])("finds a pod's process by its cgroup: %s", (_name, line) => {
    const listing = file('snapshot', `/proc/77/cgroup:${line}\n/proc/78/cgroup:0::/system.slice/ssh.service\n`)
    expect(call('SNAPSHOT=$1; pod_processes "$2"', listing, uid)).toBe(`77 ${id}`)
  })

  it.each([
    ["CRI-O's monitor", `0::/kubepods.slice/kubepods-pod${underscored}.slice/crio-conmon-${id}.scope`],
    ['a pod whose UID ends alike', `0::/kubepods/podff-${uid}/${id}`],
    ['a UID that is only mentioned', `0::/kubepods/podother/x-pod${uid}`],
  ])('takes no other process: %s', (_name, line) => {
    const listing = file('snapshot', `/proc/77/cgroup:${line}\n`)
    expect(call('SNAPSHOT=$1; pod_processes "$2"', listing, uid)).toBe('')
  })

  it.each([
    [
      'v1',
      '30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      `4:memory:/kubepods/pod1/${id}`,
      `/sys/fs/cgroup/memory/kubepods/pod1/${id}`,
    ],
    [
      'v1, two controllers in one tree',
      '30 25 0:26 / /sys/fs/cgroup/x rw - cgroup cgroup rw,cpu,memory',
      `4:cpu,memory:/k/${id}`,
      `/sys/fs/cgroup/x/k/${id}`,
    ],
    [
      'v2',
      '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate',
      `0::/kubepods.slice/cri-containerd-${id}.scope`,
      `/sys/fs/cgroup/kubepods.slice/cri-containerd-${id}.scope`,
    ],
    [
      'v2, a group below the container',
      '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      `0::/k/crio-${id}.scope/container/x`,
      `/sys/fs/cgroup/k/crio-${id}.scope`,
    ],
    [
      'v2, seen from a cgroup namespace of its own',
      '30 25 0:26 /../../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      `0::/../../../k/${id}`,
      `/sys/fs/cgroup/k/${id}`,
    ],
    [
      'v2, the node is a container',
      '30 25 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      `0::/docker/abc/k/${id}`,
      `/sys/fs/cgroup/k/${id}`,
    ],
  ])("knows the container's directory in a controller's tree: %s", (_name, mount, cgroup, expected) => {
    const paths = [file('mountinfo', `${mount}\n`), file('cgroup', `${cgroup}\n`)]
    expect(call('cgroup_path memory "$3" "$1" "$2"', ...paths, id)).toBe(expected)
  })

  it.each([
    [2, { name: 'kills', unit: 'count', value: 2 }],
    [0, { name: '', unit: '', value: '' }],
  ])('tells at the end what it killed itself, and nothing where another did: %j', (count, figure) => {
    const code =
      'start_clock; read_targets; target 1; put COUNT 1 "$1"; SNAPSHOT=/dev/null; know_kind kill; LEFT=""; tell_undone residue ""'
    const line = call(`FAULTLINE_TARGETS="${uid} ${id} ns/pod/main"; ${code}`, String(count))
    expect(JSON.parse(line)).toMatchObject({ phase: 'residue', ok: true, ...figure })
  })

  it.each([
    ['all that was asked for', { ours: 980, all: 1000, idle: 0, quota: '', periods: 0, throttled: 0 }, [0, '']],
    ['half of it where the limit is used up', { ours: 100, all: 190, idle: 900, quota: '200', periods: 5, throttled: 5 }, [0, '']],
    [
      'less than half of it: mostly its own load',
      { ours: 30, all: 190, idle: 900, quota: '200', periods: 5, throttled: 5 },
      [1, 'partial'],
    ],
    ['the same on a node without idle CPU', { ours: 30, all: 190, idle: 0, quota: '200', periods: 5, throttled: 5 }, [1, 'partial']],
    [
      'the same where a busy node leaves the limit unused',
      { ours: 30, all: 120, idle: 0, quota: '200', periods: 5, throttled: 3 },
      [1, 'partial'],
    ],
    ['a tenth of it on a node without idle CPU', { ours: 120, all: 400, idle: 0, quota: '', periods: 0, throttled: 0 }, [0, '']],
    ['less on a node that idles', { ours: 400, all: 500, idle: 900, quota: '', periods: 0, throttled: 0 }, [1, 'partial']],
  ])('is a bite of the CPU, or none: %s', (_name, { ours, all, idle, quota, periods, throttled }, [status, code]) => {
    const figures = `OURS_MILLI=${ours} ALL_MILLI=${all} IDLE_MILLI=${idle} PERIODS=${periods} THROTTLED=${throttled} VALUE=x`
    const stubs = `N=1 AMOUNT=1; cpu_figure() { ${figures}; }; locate_container() { :; }; stressors_alive() { :; }; pressure() { :; }
      cpu_asked() { QUOTA_MILLI=${quota} ASKED_MILLI=${quota === '' ? 1000 : quota}; }`
    expect(call(`${stubs}; CODE=''; cpu_bite; echo "$? $CODE"`)).toBe(`${status} ${code}`.trim())
  })

  it.each([
    ['memory', 'some avg10=12.34 avg60=3.10 avg300=0.90 total=123456\nfull avg10=9.99 avg60=1.00 avg300=0.10 total=9\n', 12.34],
    ['cpu', 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n', 0],
    ['io', 'some avg10=99.00 avg60=50.10 avg300=10.00 total=1\nfull avg10=98.00 avg60=1.00 avg300=0.10 total=9\n', 99],
  ])('tells how much of the last 10 s some process of the container waited, by its cgroup: %s', (kind, text, value) => {
    file(`${kind}.pressure`, text)
    const figures = call('N=1; put MAIN 1 1:1; put MEMORY 1 "$1"; pressure "$2"; printf "[%s]" "$ALSO"', folder, kind)
    expect(JSON.parse(figures)).toEqual([{ name: `${kind} pressure`, unit: '%', value }])
  })

  it('leaves pressure out where the kernel does not tell it (cgroup v1)', () => {
    expect(call('N=1; put MAIN 1 1:1; put MEMORY 1 "$1"; pressure memory; printf "[%s]" "$ALSO"', join(folder, 'v1'))).toBe('[]')
  })

  it('escapes whatever it is given into one JSON line', () => {
    const words = `"quoted" \\back\nnew line\ttab \u0001 $x $(y) ü`
    const line = call('start_clock; say "$1" error false name unit 1.5 "$1"', words)
    expect(JSON.parse(line)).toMatchObject({ phase: 'error', ok: false, value: 1.5, message: '"quoted" \\back new line tab   $x $(y) ü' })
  })
})
