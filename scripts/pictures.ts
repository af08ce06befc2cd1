import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startBrowser } from '../test/support/browser.ts'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const faultline = [at('bin/faultline.js')]
/** By then the demo is in its fifth step. */
const intoTheDemoMs = 24_000
const size = { width: 1200, height: 800 }

/**
 * Makes the pictures of the README from a demo: the board while it runs, and its report.
 *
 *   node scripts/pictures.ts       needs Chromium on the PATH
 */
async function makePictures(): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'faultline-pictures-'))
  const [browser, demo, board] = [
    await startBrowser(),
    spawn(process.execPath, [...faultline, 'run', at('sandbox/demo-suite.json'), '--sandbox', '--state', state], { stdio: 'ignore' }),
    spawn(process.execPath, [...faultline, 'board', '--state', state, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] }),
  ]
  try {
    const [first] = (await once(board.stdout, 'data')) as [Buffer]
    const { url } = JSON.parse(String(first)) as { readonly url: string }
    await mkdir(at('docs/pictures'), { recursive: true })
    const page = await browser.newPage({ viewport: size, colorScheme: 'light' })
    await page.goto(url)
    await page.waitForTimeout(intoTheDemoMs)
    await page.screenshot({ path: at('docs/pictures/board.png') })
    await once(demo, 'exit')
    const report = (await readdir(join(state, 'reports'))).find((name) => name.endsWith('.html')) ?? ''
    await page.goto(pathToFileURL(join(state, 'reports', report)).href)
    await page.screenshot({ path: at('docs/pictures/report.png') })
  } finally {
    board.kill()
    demo.kill()
    await browser.close()
    await rm(state, { recursive: true, force: true })
  }
}

await makePictures()
