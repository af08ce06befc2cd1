import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { onPath } from '../../sandbox/programs.ts'

/** A page in headless Chromium, with all that it asked for, and errors of its scripts. */
export interface Visit {
  readonly page: Page
  readonly asked: readonly string[]
  readonly errors: readonly string[]
}

/** Chromium as `.ci/run` installs it; the caller closes it. */
export function startBrowser(): Promise<Browser> {
  const executablePath = onPath('chromium')
  if (executablePath === undefined) throw new Error('chromium is not there')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

/** Opens an address as one who has never been there. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const page = await (await browser.newContext(options)).newPage()
  const asked: string[] = []
  const errors: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  return { page, asked, errors }
}

/** What axe-core finds serious or critical, as `rule: element`. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const { default: axe } = await import('axe-core')
  await page.evaluate(axe.source)
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`))
  })
}

/** Everything that Tab reaches, in order, by its name: for a page on which no one has clicked. */
export async function reachedByTab(page: Page, most: number): Promise<readonly string[]> {
  const names: string[] = []
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    const name = await page.evaluate(() => {
      // biome-ignore lint/suspicious/noExplicitAny: this file is checked without the types of a page
      const { document } = globalThis as any
      const one = document.activeElement
      return one === document.body
        ? ''
        : `${one.tagName.toLowerCase()} ${one.getAttribute('aria-label') ?? one.textContent.replace(/\s+/g, ' ').trim()}`
    })
    if (name === '') break
    names.push(name)
  }
  return names
}
