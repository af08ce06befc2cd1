import { describe, expect, it } from '@jest/globals'
import { answersOf, answerText, nearest } from '../../browser/charts/answers.ts'
import { doingAt, eventTimes, phasesOf } from '../../browser/charts/fault-times.ts'
import { TimeWindow } from '../../browser/charts/time-window.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { chartData, isState, jsonForPage } from '../../lib/report/html/chart-data.ts'
import { gameDay } from '../report/game-day.ts'
import { hostile, hostileDay } from '../report/hostile.ts'
import { longDay } from '../report/long-day.ts'

const document = reportDocument(gameDay)
const data = chartData(document)
const [ratio, latency, , health] = data.probes

describe('what the charts draw', () => {
  it('is every answer with its time, its tolerance, and why there was none', () => {
    if (latency === undefined) throw new TypeError('no probe')
    const answers = answersOf(latency, data.from)
    const samples = document.samples.filter(({ probe }) => probe === 'p95 latency')
    expect(answers.map(({ at, value, within }) => [at, value, within])).toEqual(
      samples.map(({ at, value, within }) => [Date.parse(at), value, within]),
    )
    expect(answers.filter(({ within }) => within === null).map(({ why }) => why)).toEqual(
      samples.filter(({ within }) => within === null).map(({ message }) => message),
    )
    expect(latency).toMatchObject({ min: 0, max: 400, allowed: '0 to 400', unit: 'ms', draws: 'line', intervalMs: 5_000 })
    expect(ratio?.limits).toEqual([
      { name: 'too many errors', severity: 'critical', limit: 0.2, crossedAt: [Date.parse('2026-01-05T09:03:25Z')] },
    ])
  })

  it('are blocks for states: a text, an HTTP status, a condition; a line for numbers', () => {
    expect(health?.draws).toBe('blocks')
    const [day] = chartData(reportDocument(longDay({ steps: 1, targets: 1, hours: 1 }))).probes.slice(-1)
    expect([day?.name, day?.draws]).toEqual(['shop answers', 'blocks'])
    expect(isState({ reads: 'condition' }, [])).toBe(true)
    expect(isState({ reads: 'ready' }, [])).toBe(false)
  })

  it('reaches the page as JSON that ends no element and turns no writing', () => {
    const text = jsonForPage(chartData(reportDocument(hostileDay)))
    expect(text).not.toMatch(/<|\u202e/)
    expect(JSON.parse(text).steps[0].name).toContain(hostile.slice(0, 20))
  })

  it('says an answer in words', () => {
    const probe = { unit: 'ms', allowed: '≤ 400' }
    const answer = { at: 0, value: 790, within: false, why: '', says: '' } as const
    expect(answerText(answer, probe)).toBe('790 ms, out of tolerance (allowed: ≤ 400)')
    expect(answerText({ ...answer, within: true }, probe)).toBe('790 ms, within tolerance')
    expect(answerText({ ...answer, value: null, within: null, why: 'timed out' }, probe)).toBe('no answer: timed out')
    expect(answerText({ ...answer, says: 'score 77: aborted' }, probe)).toBe('score 77: aborted')
  })

  it('finds the answer that is nearest to a time', () => {
    expect([0, 14, 16, 100].map((at) => nearest([10, 20, 30], at))).toEqual([0, 0, 1, 2])
    expect(nearest([10], 99)).toBe(0)
  })
})

describe('faults over time', () => {
  const [kill, , squeeze] = data.steps
  const at = (seconds: number) => data.from + seconds * 1000

  it('pass from preparing to active to recovering; one without proof of its undo is active until now', () => {
    if (kill === undefined || squeeze === undefined) throw new TypeError('no step')
    expect(phasesOf(kill, at(500))).toEqual([
      { kind: 'preparing', from: at(10), to: at(13.2) },
      { kind: 'active', from: at(13.2), to: at(73.6) },
      { kind: 'recovering', from: at(73.6), to: at(76.1) },
    ])
    expect(phasesOf({ ...squeeze, revertedAt: null }, at(500)).at(-1)).toEqual({ kind: 'active', from: at(186.9), to: at(500) })
  })

  it('say what was going on at a time', () => {
    expect(doingAt(data.steps, at(20), data.to)).toBe('step 1 Kill a third: active')
    expect(doingAt(data.steps, at(75), data.to)).toBe('step 1 Kill a third: recovering')
    expect(doingAt(data.steps, at(85), data.to)).toBe('')
    expect(eventTimes(data.steps).slice(0, 3)).toEqual([at(10), at(13.2), at(73.2)])
  })
})

describe('the stretch of time that all charts show', () => {
  it('zooms within the whole, not below two seconds, and back', () => {
    const window = new TimeWindow({ from: 0, to: 100_000 })
    const seen: (readonly [number, number])[] = []
    window.onChange(() => seen.push([window.view.from, window.view.to]))
    window.zoom(20_000, 40_000)
    window.scale(0.5)
    window.zoom(30_000, 30_010)
    window.scale(2, 0)
    window.zoom(-50_000, 500_000)
    window.reset()
    expect(seen.slice(0, 3)).toEqual([
      [20_000, 40_000],
      [25_000, 35_000],
      [29_005, 31_005],
    ])
    expect(seen.at(-1)).toEqual([0, 100_000])
    expect(seen.every(([from, to]) => from >= 0 && to <= 100_000)).toBe(true)
  })

  it('follows what is live while all of it is shown, and stays where a person zoomed', () => {
    const window = new TimeWindow({ from: 0, to: 10_000 })
    window.extend({ from: 0, to: 20_000 })
    expect(window.view).toEqual({ from: 0, to: 20_000 })
    window.zoom(5_000, 9_000)
    window.extend({ from: 0, to: 30_000 })
    expect([window.view, window.isWhole]).toEqual([{ from: 5_000, to: 9_000 }, false])
  })
})
