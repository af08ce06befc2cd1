import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import { type RunRecord, reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { generateReportStyle } from '../../scripts/generate-report-style.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'
import { aborted, cutUndone, history, runWith, squeeze } from './records.ts'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

function elements(node: Node): readonly Element[] {
  const children = 'childNodes' in node ? node.childNodes.flatMap(elements) : []
  return 'tagName' in node ? [node, ...children] : children
}

function textOf(node: Node): string {
  if ('value' in node) return node.value
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

const attribute = (element: Element | undefined, name: string) => element?.attrs.find((one) => one.name === name)?.value
const classed = (page: readonly Element[], name: string) =>
  page.filter((element) => (attribute(element, 'class') ?? '').split(' ').includes(name))
const pageOf = (record: RunRecord) => elements(parse(htmlReport(reportDocument(record))))
const page = pageOf(gameDay)
const words = (element: Element | undefined) => (element === undefined ? '' : textOf(element).replace(/\s+/g, ' ').trim())

describe('the HTML report', () => {
  it('says verdict, hypothesis, reason, score, and the times to detect and recover', () => {
    const [top] = classed(page, 'top')
    expect(words(top)).toContain('Shop game day ■ aborted 2 of 4 steps succeeded; everything is proven to be undone.')
    expect(words(top)).toContain(
      'Whythreshold: too many errors (error ratio > 0.2 for 10 s): it is 0.37Cut the network: probe p95 latency measured nothing in 2 of 18 tries Started2026-01-05 09:00:00 UTC',
    )
    expect(classed(page, 'card').map(words)).toEqual([
      'Resilience score77 from 3 of 4 steps',
      'Faults undone3 of 3 with proof',
      'Time to detect3.1 s at most',
      'Time to recover6.1 s at most',
      'Abort to undone4.3 s',
    ])
  })

  it('draws planned, active and recovering bands per step where they belong on the time axis', () => {
    const [timeline] = classed(page, 'timeline')
    const bands = (kind: string) =>
      (timeline === undefined ? [] : classed(elements(timeline), kind)).map((rect) => [attribute(rect, 'x'), attribute(rect, 'width')])
    expect(bands('active')).toEqual([
      ['5.93%', '27.15%'],
      ['43.33%', '27.28%'],
      ['84%', '10.07%'],
    ])
    expect(bands('planned')).toEqual([
      ['5.93%', '26.97%'],
      ['43.33%', '26.96%'],
      ['84%', '16%'],
    ])
    expect(bands('recovering').length).toBe(2)
    expect(words(timeline)).toContain('1. Kill a third: succeeded, active 09:00:13Z, undone 09:01:13Z, recovered 09:01:16Z')
  })

  it('charts each probe: tolerance, limits, and answers that differ in form, not only in colour', () => {
    const charts = classed(page, 'chart')
    expect(charts.length).toBe(4)
    const count = (kind: string) => charts.map((chart) => classed(elements(chart), kind).length)
    expect({ in: count('in'), out: count('out'), unknown: count('unknown') }).toEqual({
      in: [39, 38, 44, 42],
      out: [6, 5, 1, 3],
      unknown: [0, 2, 0, 0],
    })
    expect({ tolerance: count('tolerance'), limit: count('limit'), crossed: count('crossed') }).toEqual({
      tolerance: [1, 1, 1, 0],
      limit: [1, 1, 0, 0],
      crossed: [1, 1, 0, 0],
    })
    expect(charts.map((chart) => classed(elements(chart), 'line').length)).toEqual([1, 2, 1, 0])
  })

  it('tells each picture in words', () => {
    const pictures = page.filter((element) => element.tagName === 'svg' && attribute(element, 'role') === 'img')
    expect(pictures.length).toBe(5)
    for (const picture of pictures) {
      const ids = (attribute(picture, 'aria-labelledby') ?? '').split(' ')
      const named = ids.map((id) => page.find((element) => attribute(element, 'id') === id))
      expect(named.map((element) => element?.tagName)).toEqual(['title', 'desc'])
      expect(named.every((element) => words(element) !== '')).toBe(true)
    }
    const ids = page.flatMap((element) => attribute(element, 'id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('shows evidence as numbers, the proof of the undo, thresholds, and the history folded', () => {
    const rows = page.filter((element) => element.tagName === 'tr').map((row) => row.childNodes.map((cell) => textOf(cell).trim()))
    expect(rows).toContainEqual(['memoryshop-7d9c6bf5d4-x1kqz', '142 MiB', '398 MiB', '', '142 MiB'])
    expect(rows).toContainEqual(['too many errorscritical', 'error ratio > 0.2 for 10 s', 'abort', '09:03:25Z at 0.37'])
    expect(rows).toContainEqual(['slowwarning', 'p95 latency > 600 ms', 'notify', '09:03:20Z at 680 ms, well again 09:03:35Z'])
    expect(classed(page, 'proof').map(words)[1]).toBe(
      '✓ Proven undone: fuse, policy and labels are gone; the canary answers (09:02:37Z). Its fuse faultline-injectors/faultline-shop-1-0 was set to end it at 09:03:07Z.',
    )
    const events = page.filter((element) => element.tagName === 'details').at(-1)
    expect([attribute(events, 'open'), words(events).startsWith('13 events')]).toEqual([undefined, true])
  })

  it('does not call undone what is not proven', () => {
    const injections = gameDay.injections.map((injection, i) =>
      i === 2 ? { ...injection, status: 'reverting' as const, evidence: [], reason: 'no answer' } : injection,
    )
    expect(classed(pageOf({ ...gameDay, injections }), 'proof').map(words)[2]).toMatch(/^✗ Not proven undone: no answer\./)
  })

  it('needs no network and runs no script, and says so to the browser', () => {
    expect(
      attribute(
        page.find((element) => attribute(element, 'http-equiv') === 'Content-Security-Policy'),
        'content',
      ),
    ).toBe("default-src 'none'; style-src 'unsafe-inline'")
    const outside = page.flatMap((element) =>
      element.attrs.filter(({ name }) => ['src', 'href', 'srcset', 'data', 'action'].includes(name)),
    )
    expect(outside).toEqual([])
    expect(readFileSync('lib/report/html/style.css', 'utf8')).not.toMatch(/url\(|@import/)
  })

  it('keeps long names of steps inside of the timeline, and whole in the steps', () => {
    const name = 'A step with a name that is far longer than a phone is wide'
    const { run } = gameDay
    const long = pageOf({
      ...gameDay,
      run: {
        ...run,
        suite: { ...run.suite, steps: run.suite.steps.map((step) => ({ ...step, name })) },
        steps: run.steps.map((step) => ({ ...step, name })),
      } as typeof run,
    })
    const labels = classed(long, 'name')
    expect(labels.map(words)).toEqual([1, 2, 3, 4].map((n) => `${n} A step with a name that is far …${n === 4 ? ' (skipped)' : ''}`))
    expect(labels.map((label) => attribute(label, 'text-anchor'))).toEqual([undefined, 'end', 'end', undefined])
    expect(words(classed(long, 'step')[0])).toContain(name)
  })

  it('keeps hostile text as text', () => {
    const tags = new Set(pageOf(gameDay).map((element) => element.tagName))
    const hostilePage = pageOf(hostileDay)
    expect(hostilePage.filter((element) => !tags.has(element.tagName)).map((element) => element.tagName)).toEqual([])
    expect(hostilePage.flatMap((element) => element.attrs.filter(({ name }) => name.startsWith('on')))).toEqual([])
    expect(words(hostilePage.find((element) => element.tagName === 'h1'))).toContain(
      `"><script>alert(1)</script><img src=x onerror='alert(2)'>`,
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(htmlReport(reportDocument(hostileDay))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })

  it('is whole for a run without probes, and for one that was only asked for', () => {
    const plain = pageOf({ run: aborted, injections: [cutUndone, squeeze], history, samples: [] })
    expect([classed(plain, 'timeline').length, classed(plain, 'chart').length]).toEqual([1, 0])
    const open = pageOf({ run: runWith({ status: 'requested' }), injections: [], history: [], samples: [] })
    expect(words(classed(open, 'top')[0])).toContain('The run is not over: it is requested.')
  })

  it('stays small however many answers there are, and keeps those out of tolerance', () => {
    const [first] = gameDay.samples
    if (first === undefined) throw new Error('no samples')
    const samples = Array.from({ length: 50_000 }, (_, i) => ({
      ...first,
      at: first.at + i * 4,
      value: i === 31_415 ? 0.9 : 0.01,
      within: i !== 31_415,
    }))
    const record = { ...gameDay, samples }
    expect(htmlReport(reportDocument(record)).length).toBeLessThan(400_000)
    expect(classed(pageOf(record), 'out').filter((mark) => words(mark) === '09:02:05Z 0.9, out of tolerance').length).toBe(1)
  })
})

/** Relative luminance and contrast as WCAG 2 defines them. */
function contrast(a: string, b: string): number {
  const [light, dark] = [a, b].map(luminance).sort((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe('the style sheet', () => {
  const css = readFileSync('lib/report/html/style.css', 'utf8')
  const schemes = [...css.matchAll(/:root \{([^}]+)\}/g)].map(([, body]) =>
    Object.fromEntries([...(body ?? '').matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])),
  ) as Record<string, string>[]

  it('is the one in the page', async () => {
    expect(readFileSync('lib/report/html/style.ts', 'utf8')).toBe(await generateReportStyle())
  })

  it('has the same colours in light, dark and print', () => {
    const [light, ...others] = schemes.map((scheme) => Object.keys(scheme).sort())
    expect(light?.length).toBeGreaterThan(15)
    expect(others).toEqual([light, light])
  })

  it('has text that can be read (4.5) and marks that can be seen (3) in each of them', () => {
    const text = [['ink', 'page'], ['ink', 'paper'], ['faint', 'page'], ['faint', 'paper'], ['good', 'paper'], ['warn', 'paper'], ['bad', 'paper'], ['good', 'good-back'], ['warn', 'warn-back'], ['bad', 'bad-back'], ['calm', 'calm-back'], ['ink', 'warn-back']] // biome-ignore format: pairs
    const marks = ['fault', 'plan', 'heal', 'answer', 'tolerance'].map((name) => [name, 'paper'])
    const weak = (pairs: readonly (readonly string[])[], least: number) =>
      schemes.flatMap((scheme, i) =>
        pairs.filter(([a = '', b = '']) => contrast(scheme[a] ?? '', scheme[b] ?? '') < least).map((pair) => `${i}: ${pair}`),
      )
    expect(weak(text, 4.5)).toEqual([])
    expect(weak(marks, 3)).toEqual([])
  })
})
