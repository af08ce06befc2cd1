import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { describeWith, runTool } from '../support/tools.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'

const quiet = [
  '--hide-scrollbars',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
]

let server: Server
let directory: string
let asked: string[]
let report: string

/** A page around the report that measures it: the report itself must run no script. */
const around = (
  width: number,
) => `<!doctype html><iframe src="/report" style="width:${width}px;height:900px;border:0"></iframe><pre></pre><script>
onload = () => {
  const page = document.querySelector('iframe').contentDocument
  const sizes = (selector) => [...page.querySelectorAll(selector)].map((one) => one.getBoundingClientRect())
  const style = (selector, name) => page.defaultView.getComputedStyle(page.querySelector(selector))[name]
  document.querySelector('pre').textContent = JSON.stringify({
    needs: page.documentElement.scrollWidth,
    charts: sizes('.chart').map((box) => [Math.round(box.width), Math.round(box.height)]),
    lines: sizes('.chart .line line').filter((box) => box.width > 0.5).length,
    crosses: sizes('.chart .out').filter((box) => box.width > 5 && box.height > 5).length,
    wide: sizes('.scroll').filter((box) => box.right > ${width}).length,
    paper: style('.top', 'backgroundColor'),
    scripts: page.defaultView.hacked ?? 'none',
  })
}
</script>`

interface Measured {
  readonly needs: number
  readonly charts: readonly (readonly [number, number])[]
  readonly lines: number
  readonly crosses: number
  readonly wide: number
  readonly paper: string
  readonly scripts: string
}

async function measure(width: number, ...flags: readonly string[]): Promise<Measured> {
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/?${width}`
  const { out } = await runTool('chromium', [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    ...quiet,
    `--user-data-dir=${directory}`,
    '--window-size=1300,1000',
    ...flags,
    '--dump-dom',
    url,
  ])
  const [, json] = /<pre>(\{.*\})<\/pre>/.exec(out) ?? []
  if (json === undefined) throw new Error(out)
  return JSON.parse(json) as Measured
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-browser-'))
  asked = []
  report = htmlReport(reportDocument(gameDay))
  server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path !== '/favicon.ico') asked.push(path)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(path === '/report' ? report : around(Number(path.slice(2)) || 0))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

describeWith(['chromium'], 'a browser shows the HTML report', () => {
  it('with its charts, on a desk and on a phone of 360 px, where nothing scrolls sideways but tables in themselves', async () => {
    const desk = await measure(1200)
    expect(desk).toMatchObject({ needs: 1200, wide: 0, lines: 129, crosses: 15 })
    expect(desk.charts.map(([, height]) => height)).toEqual([154, 154, 154, 56])
    const phone = await measure(360)
    expect(phone).toMatchObject({ needs: 360, wide: 0, lines: 129, crosses: 15 })
    expect(phone.charts.every(([width, height]) => width > 200 && width < 320 && height >= 54)).toBe(true)
    expect(asked).toEqual(['/?1200', '/report', '/?360', '/report'])
  }, 60_000)

  it('light or dark, as the reader has it', async () => {
    expect((await measure(800, '--blink-settings=preferredColorScheme=1')).paper).toBe('rgb(255, 255, 255)')
    expect((await measure(800, '--blink-settings=preferredColorScheme=0')).paper).toBe('rgb(22, 29, 38)')
  }, 60_000)

  it('and runs nothing that hostile text brings along', async () => {
    report = htmlReport(reportDocument(hostileDay)).replace('</body>', '<script>window.hacked = "yes"</script></body>')
    expect(await measure(360)).toMatchObject({ needs: 360, scripts: 'none' })
    expect(asked).toEqual(['/?360', '/report'])
  }, 60_000)
})
