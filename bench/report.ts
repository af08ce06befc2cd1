import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { reportDocument } from '../lib/report/document.ts'
import { htmlReport } from '../lib/report/html/page.ts'
import { markdownReport } from '../lib/report/markdown.ts'
import { gameDay } from '../test/report/game-day.ts'
import { longDay } from '../test/report/long-day.ts'
import { startBrowser } from '../test/support/browser.ts'

const rounds = 5
/** What someone waits for a page without wondering whether it hangs, and what a mail takes along. */
const [mostMs, mostMegabytes] = [2_000, 3]

const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN

/**
 * Size of the report, how long it takes to make, and how long from the address to the first picture of a browser in which all charts are
 * drawn: of a short game day, and of one with 48 steps of 150 targets and 12 h of answers. Needs Chromium.
 */
export async function report(): Promise<{ readonly ok: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const browser = await startBrowser()
  const figures: Record<
    string,
    { readonly megabytes: number; readonly madeMs: number; readonly openMs: number; readonly markdownCharacters: number }
  > = {}
  try {
    for (const [name, record] of Object.entries({ short: gameDay, long: longDay({ steps: 48, targets: 150, hours: 12 }) })) {
      const document = reportDocument(record)
      const begun = performance.now()
      const html = htmlReport(document)
      const madeMs = Math.round(performance.now() - begun)
      const file = join(folder, `${name}.html`)
      await writeFile(file, html)
      const opened: number[] = []
      for (let round = 0; round < rounds; round++) {
        const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
        await page.goto(pathToFileURL(file).href)
        opened.push(await page.evaluate(() => new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), 0))))
        await page.close()
      }
      figures[name] = {
        megabytes: Math.round(Buffer.byteLength(html) / 1e4) / 100,
        madeMs,
        openMs: Math.round(median(opened)),
        markdownCharacters: markdownReport(document).length,
      }
    }
  } finally {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...figures, ok: Object.values(figures).every(({ megabytes, openMs }) => megabytes <= mostMegabytes && openMs <= mostMs) }
}
