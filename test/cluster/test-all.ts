import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faultline, outputTail } from './command.ts'
import type { Options } from './options.ts'
import type { Place } from './place.ts'
import { leftovers, type Result } from './play.ts'

const families = ['network', 'node', 'resource', 'degradation', 'automated']

/** All tests in one call, with one JUnit file; what the nodes' kernel cannot do is skipped and said. */
export async function playTests(place: Place, options: Options): Promise<Result> {
  await place.ready()
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const images = ['--injector-image', options.injectorImage, '--injector-namespace', place.injectors]
  const pause = options.pauseImage === undefined ? [] : ['--pause-image', options.pauseImage]
  const where = ['--kubeconfig', place.account.kubeconfig, '-n', place.namespace, '--selector', 'app=e2e']
  const args = ['test', 'all', '--duration', '120', '--pause', '0', '--allow-unused', '--allow-skips', '--report', 'all.xml', '--json']
  const run = faultline([...args, ...where, ...images, ...pause], directory)
  const none = { name: 'test all', planToBite: null, endToUndone: null, fuseToGone: null }
  try {
    const code = await run.done
    const { verdict, tests } = JSON.parse(run.output()) as TestsAnswer
    const xml = readFileSync(join(directory, 'all.xml'), 'utf8')
    const left = await leftovers(place)
    const notes = [
      ...left.map((one) => `left: ${one}`),
      ...families
        .filter((family) => !xml.includes(`<testsuite name="${family}"`))
        .map((family) => `no suite of ${family} in the JUnit file`),
      ...tests.filter((test) => test.verdict !== 'passed').map((test) => `${test.name} ${test.verdict}: ${test.reasons.join('; ')}`),
    ]
    const isSaid = tests.every((test) => test.verdict === 'passed' || (test.verdict === 'skipped' && test.reasons.length > 0))
    return { ...none, ok: code === 0 && isSaid && left.length === 0, verdict, note: notes.join('; ') }
  } catch (error) {
    return { ...none, ok: false, verdict: 'error', note: `${String(error)} ${run.output().slice(-outputTail)}` }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The parts of `faultline test --json` that are judged. */
interface TestsAnswer {
  readonly verdict: string
  readonly tests: readonly { readonly name: string; readonly verdict: string; readonly reasons: readonly string[] }[]
}
