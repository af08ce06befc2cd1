import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { RunRecord } from '../../lib/report/document.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { reachedByTab, seriousFindings, startBrowser, type Visit, visit } from '../support/browser.ts'
import { describeWith } from '../support/tools.ts'
import { gameDay } from './game-day.ts'
import { hostile, hostileDay } from './hostile.ts'
import { longDay } from './long-day.ts'
import { refusedDay } from './refused-day.ts'

let browser: Browser
let folder: string

const phone = { viewport: { width: 390, height: 844 } }

/** The report as a file on a disk, opened as a person opens it. */
async function opened(record: RunRecord, options: BrowserContextOptions = {}, change = (html: string) => html): Promise<Visit> {
  const file = join(folder, 'report.html')
  await writeFile(file, change(htmlReport(reportDocument(record))))
  return await visit(browser, pathToFileURL(file).href, options)
}

const plot = (page: Page, probe: string) => page.locator(`[data-plot="probe ${probe}"]`)
const said = (page: Page, probe: string) =>
  page
    .locator('figure', { has: plot(page, probe) })
    .locator('output')
    .textContent()
/** Where a time of the run is in a chart, in pixels from its left edge. */
const width = async (page: Page) => (await plot(page, 'error ratio').locator('.u-over').boundingBox())?.width ?? 0
const whole = 222_500

describeWith(['chromium'], 'the HTML report in a browser', () => {
  beforeAll(async () => {
    browser = await startBrowser()
  }, 60_000)
  afterAll(() => browser.close())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-browser-'))
  })
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('says the value under the pointer, in every chart, with its time, its tolerance and the fault', async () => {
    const { page, errors } = await opened(gameDay)
    const over = plot(page, 'error ratio').locator('.u-over')
    const before = await page.evaluate('document.documentElement.scrollHeight')
    await over.hover({ position: { x: (await width(page)) * (205_000 / whole), y: 60 } })
    // Words that come and go must move nothing.
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(before)
    expect(await said(page, 'error ratio')).toMatch(
      /^09:03:2[45]Z 0\.37, out of tolerance \(allowed: ≤ 0\.05\) · step 3 Squeeze memory: active$/,
    )
    expect(await said(page, 'p95 latency')).toMatch(/^09:03:2[45]Z 790 ms, out of tolerance/)
    await over.hover({ position: { x: (await width(page)) * (110_000 / whole), y: 60 } })
    expect(await said(page, 'p95 latency')).toMatch(/no answer: .+ · step 2 Cut the network: active$/)
    expect(errors).toEqual([])
  }, 60_000)

  it('draws an answer that is none as a gap with a ring on the lower edge, never as a value', async () => {
    const { page } = await opened(gameDay)
    const colours = async (seconds: number) => {
      const share = (seconds * 1000) / whole
      return await plot(page, 'p95 latency').evaluate((box, at) => {
        // biome-ignore lint/suspicious/noExplicitAny: this file is checked without the types of a page
        const [canvas, over] = ['canvas', '.u-over'].map((name) => (box as any).querySelector(name).getBoundingClientRect())
        // biome-ignore lint/suspicious/noExplicitAny: as above
        const context = (box as any).querySelector('canvas').getContext('2d')
        const column = context.getImageData(over.left - canvas.left + over.width * at - 1, 0, 3, canvas.height).data
        const found = { answer: [] as number[], ring: [] as number[], edge: over.bottom - canvas.top }
        for (let i = 0; i < column.length; i += 4) {
          const [r, g, b, opaque] = column.slice(i, i + 4)
          const y = Math.floor(i / 12)
          if (opaque > 200 && r < 60 && g < 110 && b > 170) found.answer.push(y)
          if (opaque > 200 && r < 60 && g < 60 && b < 70) found.ring.push(y)
        }
        return found
      }, share)
    }
    const measured = await colours(52)
    expect(measured.answer.length).toBeGreaterThan(0)
    const none = await colours(110)
    expect(none.answer).toEqual([])
    expect(none.ring.some((y) => Math.abs(y - none.edge) <= 6)).toBe(true)
    expect(measured.ring.some((y) => Math.abs(y - measured.edge) <= 6)).toBe(false)
  }, 60_000)

  it('is read by keys: from value to value, to the next mark, zoomed and back', async () => {
    const { page } = await opened(gameDay)
    await plot(page, 'error ratio').focus()
    await page.keyboard.press('ArrowRight')
    expect(await said(page, 'error ratio')).toMatch(/^09:00:00Z 0\.002, within tolerance/)
    await page.keyboard.press('PageDown')
    expect(await said(page, 'error ratio')).toMatch(/^09:03:10Z 0\.12, out of tolerance/)
    const all = page.getByRole('button', { name: 'Show all' })
    expect(await all.isDisabled()).toBe(true)
    await page.keyboard.press('+')
    expect(await all.isDisabled()).toBe(false)
    expect(await plot(page, 'error ratio').locator('.u-over').count()).toBe(1)
    await page.keyboard.press('0')
    expect(await all.isDisabled()).toBe(true)
  }, 60_000)

  it('zooms all charts to the stretch that a pointer is dragged over', async () => {
    const { page } = await opened(gameDay)
    await plot(page, 'error ratio').scrollIntoViewIfNeeded()
    const box = await plot(page, 'error ratio').locator('.u-over').boundingBox()
    if (box === null) throw new Error('no chart')
    await page.mouse.move(box.x + box.width / 2, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width, box.y + 40, { steps: 4 })
    await page.mouse.up()
    await plot(page, 'ready pods')
      .locator('.u-over')
      .hover({ position: { x: 2, y: 20 } })
    expect(await said(page, 'ready pods')).toMatch(/^09:01:5\dZ/)
  }, 60_000)

  it('asks for nothing but itself from a disk, and scrolls nowhere sideways on a phone, opened up', async () => {
    for (const record of [gameDay, longDay({ steps: 4, targets: 12, hours: 1 }), refusedDay, hostileDay]) {
      const { page, asked, errors } = await opened(record, phone)
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      expect({ asked: asked.length, errors }).toEqual({ asked: 1, errors: [] })
    }
  }, 60_000)

  it('shows the four looks of the proof beside each other on a phone', async () => {
    const { page } = await opened(gameDay, phone)
    await page.locator('#step-2 > summary').click()
    const boxes = await Promise.all((await page.locator('#step-2 .proofs td').all()).map((cell) => cell.boundingBox()))
    expect(boxes.length).toBe(4)
    expect(new Set(boxes.map((box) => Math.round(box?.y ?? -1))).size).toBe(1)
    expect(boxes.every((box) => box !== null && box.x >= 0 && box.x + box.width <= 390)).toBe(true)
  }, 60_000)

  it('puts verdict, suite, id, time, place, score and the steps on the first screen of a phone', async () => {
    const { page } = await opened(gameDay, phone)
    for (const what of ['.title .badge', 'h1', '.id code', '.top time', '.score', '.outline li:last-child']) {
      const box = await page.locator(what).first().boundingBox()
      expect([what, box !== null && box.y + box.height < 844]).toEqual([what, true])
    }
  }, 60_000)

  it('copies the id by a tap, and opens what a link leads to', async () => {
    const { page } = await opened(gameDay, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'copy' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(gameDay.run.id)
    await page.getByRole('link', { name: '3. Squeeze memory' }).click()
    expect(await page.locator('#step-3').getAttribute('open')).not.toBeNull()
  }, 60_000)

  it('reaches everything by Tab, and axe finds nothing serious, light or dark', async () => {
    const { page } = await opened(gameDay)
    const reached = await reachedByTab(page, 60)
    const wanted = await page.evaluate(
      'document.querySelectorAll("a[href], button:enabled:not([hidden]), summary, [tabindex]").length - document.querySelectorAll("details:not([open]) a, details:not([open]) details summary").length',
    )
    expect(reached.length).toBe(wanted)
    expect(reached).toContain('div error ratio over time; arrow keys read the values')
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const record of [gameDay, refusedDay]) {
        const visited = await opened(record, { colorScheme })
        await visited.page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
        expect(await seriousFindings(visited.page)).toEqual([])
      }
    }
  }, 120_000)

  it('shows everything as tables without a script', async () => {
    const { page } = await opened(gameDay, { javaScriptEnabled: false })
    expect(await page.locator('.plot').first().isVisible()).toBe(false)
    expect(await page.locator('.zoom').isVisible()).toBe(false)
    for (const id of ['faults', 'probe-1', 'probe-2', 'probe-3', 'probe-4']) {
      await page.locator(`#table-${id} > summary`).click()
      expect(await page.locator(`#table-${id} tbody tr`).count()).toBe(id === 'faults' ? 4 : 45)
      expect(await page.locator(`#table-${id} tbody tr`).last().isVisible()).toBe(true)
    }
  }, 60_000)

  it('runs nothing that hostile text brings along', async () => {
    const { page, asked } = await opened(hostileDay, phone, (html) =>
      html.replace('</body>', '<script>window.hacked = "yes"</script></body>'),
    )
    expect(await page.evaluate('window.hacked ?? "none"')).toBe('none')
    await plot(page, 'error ratio').focus()
    await page.keyboard.press('End')
    expect(await said(page, 'error ratio')).toContain('0.004')
    expect(await page.locator('h1').textContent()).toContain(hostile.slice(0, 30))
    expect(asked.length).toBe(1)
  }, 60_000)
})
