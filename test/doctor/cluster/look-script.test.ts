import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { injectorTools, lookScript } from '../../../lib/doctor/cluster/look-script.ts'

let directory: string | undefined
afterEach(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
})

/** A folder that stands for the image's: some programs of this machine, and stand-ins for the others. */
function image(programs: Readonly<Record<string, string>>): string {
  directory = mkdtempSync(join(tmpdir(), 'faultline-image-'))
  for (const name of ['sh', 'cut', 'tr', 'date', 'sleep', 'timeout']) {
    const found = ['/bin', '/usr/bin'].map((place) => join(place, name)).find((path) => readable(path))
    if (found !== undefined) symlinkSync(found, join(directory, name))
  }
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(directory, name), 0o755)
  }
  return directory
}

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0
  } catch {
    return false
  }
}

/** Runs the script until it has said whether the API server answers, then ends it as a kubelet does. */
async function look(
  programs: Readonly<Record<string, string>>,
): Promise<{ readonly lines: readonly string[]; readonly code: number | null }> {
  const path = image({ unshare: 'shift 2; exec "$@"', ...programs })
  const child = spawn('/bin/sh', ['-c', lookScript.replace(/^PATH=.*$/m, `PATH=${path}`)], {
    env: { FAULTLINE_TOOLS: 'sh tc iptables curl', KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (/^look way .*$/m.test(said)) child.kill('SIGTERM')
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { lines: said.trim().split('\n'), code }
}

const well = { tc: 'exit 0', ipset: 'exit 0', 'iptables-nft': 'exit 0', getent: 'echo 10.96.0.1 kubernetes.default.svc', curl: 'exit 0' }

describe('what looks at a node', () => {
  it('says what is well in lines of one form, ends with the way out and ends when it is told to', async () => {
    const { lines, code } = await look(well)
    for (const line of lines) expect(line).toMatch(/^look \S+ (yes|no|unknown) ?/)
    expect(lines).toEqual(
      expect.arrayContaining([
        'look tools yes ',
        'look netem yes ',
        'look netfilter yes ',
        'look dns yes 10.96.0.1 kubernetes.default.svc',
      ]),
    )
    expect(lines.find((line) => line.startsWith('look clock'))).toMatch(/^look clock yes \d{13}$/)
    expect(lines.at(-1)).toBe('look way yes [fd00::1]:443')
    expect(code).toBe(0)
  })

  it('names the tools that are missing, and what the kernel answers, in one line', async () => {
    const { tc: _, 'iptables-nft': __, ...without } = well
    const { lines } = await look({ ...without, ipset: 'printf "Kernel error:\\nset type not supported" >&2; exit 1' })
    expect(lines).toContain('look tools no tc iptables')
    expect(lines).toContain('look netem unknown the image has no tc or no unshare')
    expect(lines).toContain('look ipset no Kernel error: set type not supported')
  })

  it('tells a way that is closed, a name that is not found, and what it cannot tell', async () => {
    const { lines } = await look({ ...well, getent: 'exit 2', curl: 'exit 28' })
    expect(lines).toContain('look dns no no answer for kubernetes.default.svc')
    expect(lines.at(-1)).toBe('look way no [fd00::1]:443')
    rmSync(directory ?? '', { recursive: true })
    const { curl: _, getent: __, ...without } = well
    const blind = (await look(without)).lines
    expect(blind).toContain('look dns unknown the image has no getent')
    expect(blind.at(-1)).toBe('look way unknown the image has no curl')
  })
})

describe('the tools it asks for', () => {
  it("are those that the image's own build makes sure of", () => {
    const [, listed = ''] = /for tool in ([^;]+);/.exec(readFileSync('deploy/injector/Dockerfile', 'utf8')) ?? []
    const wanted = listed.split(' ').map((tool) => tool.replace(/^ip6?tables-(nft|legacy)$/, 'iptables'))
    expect([...injectorTools].sort()).toEqual([...new Set(wanted)].sort())
  })
})
