import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import type { Browser } from 'playwright-core'
import type { BoardServer } from '../../../cli/board/server.ts'
import { gameDay } from '../../report/game-day.ts'
import { refusedDay } from '../../report/refused-day.ts'
import { reachedByTab, seriousFindings, startBrowser, visit } from '../../support/browser.ts'
import { describeWith } from '../../support/tools.ts'
import { openPlace, type Place, partitionSuite } from '../place.ts'
import { fakeBoard, fakeSource, holding } from './fake-source.ts'

let browser: Browser
let place: Place | undefined
let board: BoardServer | undefined

describeWith(['chromium'], 'the board in a browser', () => {
  beforeAll(async () => {
    browser = await startBrowser()
  }, 60_000)
  afterAll(() => browser.close())
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    await board?.close()
    await place?.close()
    board = undefined
    place = undefined
  })

  it('shows a run while it holds its fault, and halts it by a click: everything is undone and no run starts', async () => {
    place = await openPlace()
    const before = place.footprint()
    const suite = await place.file('suite.json', partitionSuite(120))
    const served = place.spawn('board', '--port', '0', '--state', place.state)
    await served.untilOut('(Ctrl-C ends it)')
    const url = /http:\/\/\S+/.exec(served.out)?.[0] ?? ''
    const { page, errors } = await visit(browser, url)
    expect(await page.locator('#live').textContent()).toContain('Nothing runs now.')
    const run = place.spawn('run', suite, ...place.flags)
    await page.locator('.live .countdown', { hasText: /fault ends in \d/ }).waitFor({ timeout: 60_000 })
    expect(await page.locator('.live h2').textContent()).toBe('Cut, step 1 of 1: Cut (network partition, random)')
    expect(await page.locator('.live [data-plot="faults"] canvas').count()).toBe(1)
    await page.getByText('Halt everything').click()
    await page.getByLabel('Why').first().fill('customers call')
    await page.getByRole('button', { name: 'Halt all runs now' }).click()
    await page.locator('.banner', { hasText: /Halted by .+: customers call\. No run starts\./ }).waitFor()
    const { code, out } = await run.end()
    expect([code, /^ABORTED /m.test(out), out.includes('customers call')]).toEqual([1, true, true])
    expect(place.footprint()).toEqual(before)
    await page.locator('[data-slot="recent"] .badge', { hasText: 'aborted' }).waitFor()
    expect(await page.locator('#live').textContent()).toContain('Nothing runs now.')
    const { code: refused } = await place.faultline('run', suite, '--kubeconfig', place.kubeconfig)
    expect(refused).toBe(2)
    await page.getByLabel('Why it may go on').fill('it is mended')
    await page.getByRole('button', { name: 'Lift the halt' }).click()
    await page.locator('.banner').waitFor({ state: 'detached' })
    const { out: trail } = await place.faultline('audit')
    expect([/ halt .*customers call/.test(trail), / resume .*it is mended/.test(trail)]).toEqual([true, true])
    await page.getByRole('link', { name: 'Audit' }).click()
    expect(await page.locator('main').textContent()).toContain('customers call')
    expect(errors).toEqual([])
  }, 180_000)

  it('aborts one run by keys alone', async () => {
    const fake = fakeSource([holding, gameDay], [holding.run])
    board = await fakeBoard(fake)
    const { page } = await visit(browser, board.url)
    await page.locator('.live canvas').first().waitFor()
    await page.locator('.live summary', { hasText: 'Abort this run' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type('enough')
    await page.keyboard.press('Enter')
    await page.waitForResponse((response) => response.status() === 200 && response.url() === `${board?.url}/`)
    expect(fake.deeds.done).toEqual(['abort shop-game-day-now: enough'])
  }, 60_000)

  it('keeps what was begun to be typed while another run begins and ends', async () => {
    const other = { ...holding, run: { ...holding.run, id: 'shop-game-day-other' } }
    const live = [holding.run]
    const fake = fakeSource([holding, other], live)
    board = await fakeBoard(fake)
    const { page } = await visit(browser, board.url)
    const form = page.locator('[data-run="shop-game-day-now"]')
    await form.locator('summary', { hasText: 'Abort this run' }).click()
    await form.getByLabel('Why').fill('custo')
    live.push(other.run)
    await page.locator('[data-run="shop-game-day-other"] canvas').first().waitFor()
    await page.keyboard.type('mers call')
    live.pop()
    await page.locator('[data-run="shop-game-day-other"]').waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await page.waitForResponse((response) => response.status() === 200 && response.url() === `${board?.url}/`)
    expect(fake.deeds.done).toEqual(['abort shop-game-day-now: customers call'])
  }, 60_000)

  it('says that what stands there is old once the board does not answer', async () => {
    board = await fakeBoard(fakeSource([holding], [holding.run]))
    const { page } = await visit(browser, board.url)
    await page.locator('.live canvas').first().waitFor()
    expect(await page.locator('#lost').isVisible()).toBe(false)
    await board.close()
    board = undefined
    await page.locator('#lost', { hasText: 'what stands here is old' }).waitFor()
  }, 60_000)

  it('has pages that axe finds nothing serious on, that keys reach, and that fit a phone', async () => {
    board = await fakeBoard(fakeSource([holding, gameDay, refusedDay], [holding.run]), [
      {
        ...gameDay.run.suite,
        name: 'Nightly',
        schedule: { cron: '30 2 * * ? *', rate: null, timezone: 'UTC', enabled: true, cluster: null, window: null },
      },
    ])
    for (const path of [
      '/',
      '/runs',
      '/trends',
      '/calendar?month=2026-01',
      '/audit',
      `/diff?before=${gameDay.run.id}&now=${refusedDay.run.id}`,
    ]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, errors } = await visit(browser, `${board.url}${path}`, { colorScheme, viewport: { width: 390, height: 844 } })
        if (path === '/' || path === '/trends') await page.locator('canvas').first().waitFor()
        expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390])
        expect([path, await seriousFindings(page)]).toEqual([path, []])
        expect(errors).toEqual([])
        if (colorScheme === 'dark') continue
        const reached = await reachedByTab(page, 60)
        expect(reached.slice(0, 7)).toEqual([
          'a Skip to the page',
          'a Now',
          'a Runs',
          'a Trends',
          'a Calendar',
          'a Audit',
          'summary Halt everything',
        ])
      }
    }
  }, 120_000)

  it('shows in a month what ran, and what a schedule will start', async () => {
    const schedule = { cron: '30 2 ? * TUE *', rate: null, timezone: 'Europe/Berlin', enabled: true, cluster: null, window: null }
    board = await fakeBoard(fakeSource([gameDay]), [{ ...gameDay.run.suite, name: 'Nightly', schedule }])
    const { page } = await visit(browser, `${board.url}/calendar?month=2026-01`)
    const cell = (day: number) =>
      page.locator('.calendar td', { has: page.locator(`time[datetime="2026-01-${String(day).padStart(2, '0')}"]`) }).textContent()
    expect(await cell(5)).toBe('5 today■ Shop game day 09:00 aborted')
    expect(await cell(6)).toBe('6○ Nightly 02:30 Europe/Berlin')
    expect(await page.locator('.calendar .coming').count()).toBe(4)
  }, 60_000)
})
