import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import type { ProbeSample } from '../../lib/domain/probe.ts'
import { type RunRecord, reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { generatePart, pageParts } from '../../scripts/generate-page-parts.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'
import { longDay } from './long-day.ts'
import { aborted, at, cutUndone, history, runWith, squeeze } from './records.ts'
import { refusedDay } from './refused-day.ts'

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
  it('says verdict, score, suite, id, time and place first, then each step with the one reason that matters', () => {
    const top = words(classed(page, 'top')[0])
    expect(top).toMatch(
      /^■ aborted Score 77 from 3 of 4 steps Shop game day shop-game-day-20260105-090000-0a1b2c3d copy 2026-01-05 09:00:00 UTC, took 3 min 43 snamespace shop, cluster staging 2 of 4 steps succeeded; everything is proven to be undone\./,
    )
    expect(top).toContain('threshold: too many errors (error ratio > 0.2 for 10 s): it is 0.37✓ 1. Kill a third')
    const [outline] = classed(page, 'outline')
    expect(
      outline === undefined
        ? []
        : elements(outline)
            .filter(({ tagName }) => tagName === 'li')
            .map(words),
    ).toEqual([
      '✓ 1. Kill a third succeeded bit for 1 min, undone 0.4 s after its end',
      '✓ 2. Cut the network succeeded bit for 1 min 1 s, undone 0.7 s after its end',
      '■ 3. Squeeze memory aborted ended by the abort',
      '– 4. Fill the disk skipped not begun',
    ])
  })

  it('says where the cluster is simulated beside the verdict', () => {
    const { run } = gameDay
    const simulated = pageOf({ ...gameDay, run: { ...run, cluster: { ...run.cluster, simulated: true } } })
    expect(words(classed(simulated, 'title')[0])).toBe('■ aborted simulated Score 77 from 3 of 4 steps')
  })

  it('says of a refused run each reason once, of which steps, and what to do', () => {
    const refused = pageOf(refusedDay)
    expect(classed(refused, 'refusal').map(words)).toEqual([
      'permission' +
        'may not create jobs.batch in namespace shop (step 1 Kill a third, step 2 Cut the network)' +
        'may not create networkpolicies in namespace shop (step 2 Cut the network)' +
        'What to do: Grant what is missing (deploy/rbac.yaml has all of it); "faultline plan SUITE" looks again and changes nothing.',
      'unhealthy1 of 3 pods of app=shop is not ready: shop-7d9c6bf5d4-x2kqz (CrashLoopBackOff)' +
        'What to do: Bring the workload to readiness first; a fault on top would prove nothing.',
    ])
    expect(htmlReport(reportDocument(refusedDay)).split('may not create jobs.batch').length).toBe(2)
    expect(classed(refused, 'plot')).toEqual([])
  })

  it('has every time of the faults and every answer as tables, too', () => {
    const tables = page.filter(({ tagName }) => tagName === 'table')
    const rows = (label: string) => {
      const table = tables.find((one) => attribute(one, 'aria-label') === label)
      return (table === undefined ? [] : elements(table).filter(({ tagName }) => tagName === 'tr')).map((row) =>
        row.childNodes.map((cell) => textOf(cell).trim()),
      )
    }
    expect(rows('Faults')[3]).toEqual(['3 Squeeze memory', 'aborted', '09:03:06Z', '09:04:06Z', '09:03:29Z', '–', '09:03:10Z'])
    expect(rows('Answers of p95 latency').length).toBe(46)
    expect(rows('Answers of p95 latency')).toContainEqual(['09:03:25Z', '790 ms', 'out of tolerance'])
    expect(rows('Answers of p95 latency').filter(([, , tolerance]) => tolerance === 'no answer').length).toBe(2)
  })

  it('shows evidence as numbers, the proof of the undo, thresholds, and all details folded with a link of their own', () => {
    const rows = page.filter((element) => element.tagName === 'tr').map((row) => row.childNodes.map((cell) => textOf(cell).trim()))
    expect(rows).toContainEqual(['memoryshop-7d9c6bf5d4-x1kqz', '142 MiB', '398 MiB', '', '142 MiB'])
    expect(rows).toContainEqual(['too many errorscritical', 'error ratio > 0.2 for 10 s', 'abort', '09:03:25Z at 0.37'])
    expect(rows).toContainEqual(['slowwarning', 'p95 latency > 600 ms', 'notify', '09:03:20Z at 680 ms, well again 09:03:35Z'])
    expect(classed(page, 'proof').map(words)[1]).toBe(
      '✓ Proven undone: fuse, policy and labels are gone; the canary answers (09:02:37Z). Its fuse faultline-injectors/faultline-shop-1-0 was set to end it at 09:03:07Z.',
    )
    const folds = classed(page, 'fold')
    expect(folds.map((fold) => attribute(fold, 'id'))).toEqual([
      'step-1',
      'step-2',
      'step-3',
      'step-4',
      'thresholds',
      'probes',
      'facts',
      'history',
    ])
    for (const fold of folds) {
      const links = elements(fold).flatMap((one) => attribute(one, 'href') ?? [])
      expect([attribute(fold, 'open'), links.at(-1)]).toEqual([undefined, `#${attribute(fold, 'id')}`])
    }
    expect(words(folds.at(-1)).startsWith('History: 13 events')).toBe(true)
    const ids = page.flatMap((element) => attribute(element, 'id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('does not call undone what is not proven', () => {
    const injections = gameDay.injections.map((injection, i) =>
      i === 2 ? { ...injection, status: 'reverting' as const, evidence: [], reason: 'no answer' } : injection,
    )
    expect(classed(pageOf({ ...gameDay, injections }), 'proof').map(words)[2]).toMatch(/^✗ Not proven undone: no answer\./)
  })

  it('forbids everything but its own style and script, which are named by their hashes, and leads nowhere else', () => {
    const policy = attribute(
      page.find((element) => attribute(element, 'http-equiv') === 'Content-Security-Policy'),
      'content',
    )
    const hash = (tag: string) => {
      const element = page.find((one) => one.tagName === tag && attribute(one, 'type') === undefined)
      return `'sha256-${createHash('sha256')
        .update(element === undefined ? '' : textOf(element))
        .digest('base64')}'`
    }
    expect(policy).toBe(`default-src 'none'; style-src ${hash('style')}; script-src ${hash('script')}; base-uri 'none'; form-action 'none'`)
    const outside = page.flatMap((element) =>
      element.attrs.filter(
        ({ name, value }) => ['src', 'href', 'srcset', 'data', 'action', 'style'].includes(name) && !value.startsWith('#'),
      ),
    )
    expect(outside).toEqual([])
    expect(readFileSync('lib/report/html/style.css', 'utf8')).not.toMatch(/url\(|@import/)
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

  it('says why a run without probes has no chart of answers, and shows readiness; a run that was only asked for is whole', () => {
    const plain = pageOf({ run: aborted, injections: [cutUndone, squeeze], history, samples: [] })
    expect(classed(plain, 'plot').map((plot) => attribute(plot, 'data-plot'))).toEqual(['faults'])
    const readiness = words(classed(plain, 'picture')[1])
    expect(readiness).toContain('The suite has no probes, so there are no answers to draw. Add `probes`')
    expect(readiness).toContain('3 of 3 pods of the workload were ready before the first fault.')
    expect(readiness).toContain('Cut–1.6 s after the fault was undone')
    const watched = pageOf({ run: aborted, injections: [cutUndone, squeeze], history, samples: [3, 2, 3].map(readyAt) })
    expect(classed(watched, 'plot').map((plot) => attribute(plot, 'data-plot'))).toEqual(['faults', 'probe ready pods'])
    expect(words(classed(watched, 'picture')[2])).toContain('≥ 3 before the first fault')
    const open = pageOf({ run: runWith({ status: 'requested' }), injections: [], history: [], samples: [] })
    expect(words(classed(open, 'top')[0])).toContain('The run is not over: it is requested.')
  })

  it('says what each sign of the charts of answers means once, below the first that has it', () => {
    const signs = classed(pageOf(gameDay), 'picture').map((picture) =>
      classed(elements(picture), 'swatch').map((one) => attribute(one, 'class')),
    )
    const [, ...ofAnswers] = signs
    const all = ofAnswers.flat()
    expect(ofAnswers.length).toBeGreaterThan(1)
    expect(all).toEqual([...new Set(all)])
    expect(all).toEqual(expect.arrayContaining(['swatch answer', 'swatch tolerance', 'swatch fault', 'swatch limit']))
  })

  it('stays below 3 MB for 48 steps of 150 targets and 12 h of answers, and shows first what did not go well', () => {
    const html = htmlReport(reportDocument(longDay({ steps: 48, targets: 150, hours: 12 })))
    expect(Buffer.byteLength(html)).toBeLessThan(3_000_000)
    const outlines = classed(elements(parse(html)), 'outline')
    expect(outlines.map((one) => [attribute(one, 'aria-label'), elements(one).filter(({ tagName }) => tagName === 'li').length])).toEqual([
      ['Steps that did not succeed', 7],
      ['Steps that succeeded', 41],
    ])
  })
})

/** A count of the pods of a run without probes. */
function readyAt(value: number, i: number): ProbeSample {
  const message = `${value} of 3 pods are ready`
  return { probe: 'ready pods', at: at(2 + 5 * i), step: 0, phase: 'during', value, within: value >= 3, message, tookMs: 4 }
}

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
  const schemes = [...css.matchAll(/:root(?::not\(\.printing\))? \{([^}]+)\}/g)].map(([, body]) =>
    Object.fromEntries([...(body ?? '').matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])),
  ) as Record<string, string>[]

  it('and the scripts are those in the pages, so that a hash allows what stands there', async () => {
    for (const part of pageParts) expect(readFileSync(part.to, 'utf8')).toBe(await generatePart(part))
  })

  it('has the same colours in light, dark and print', () => {
    const [light, ...others] = schemes.map((scheme) => Object.keys(scheme).sort())
    expect(light?.length).toBeGreaterThan(15)
    expect(others).toEqual([light, light])
  })

  it('has text that can be read (4.5) and marks that can be seen (3) in each of them', () => {
    const text = [['ink', 'page'], ['ink', 'paper'], ['faint', 'page'], ['faint', 'paper'], ['good', 'paper'], ['warn', 'paper'], ['bad', 'paper'], ['good', 'good-back'], ['warn', 'warn-back'], ['bad', 'bad-back'], ['calm', 'calm-back'], ['ink', 'warn-back'], ['ink', 'bad-back'], ['faint', 'bad-back'], ['answer', 'paper'], ['ink', 'answer-back'], ['fault-ink', 'fault'], ['paper', 'out']] // biome-ignore format: pairs
    const marks = ['fault', 'plan', 'heal', 'prepare', 'answer', 'out', 'tolerance', 'limit'].map((name) => [name, 'paper'])
    const weak = (pairs: readonly (readonly string[])[], least: number) =>
      schemes.flatMap((scheme, i) =>
        pairs.filter(([a = '', b = '']) => contrast(scheme[a] ?? '', scheme[b] ?? '') < least).map((pair) => `${i}: ${pair}`),
      )
    expect(weak(text, 4.5)).toEqual([])
    expect(weak(marks, 3)).toEqual([])
  })
})
