import { duration } from '../lib/report/durations.ts'
import type { ChartData } from '../lib/report/html/chart-data.ts'
import { type Charts, drawCharts } from './charts/charts.ts'

/** What the board is told by server-sent events. */
interface View {
  readonly now: number
  /** All of what runs, where that is not what ran before. */
  readonly whole?: string
  /** Parts by name, as markup that the server has escaped. */
  readonly slots: Readonly<Record<string, string>>
  readonly charts: Readonly<Record<string, ChartData>>
}

const ticksMs = 250
const drawn = new Map<string, Charts>()
/** What the clock of the board's machine is ahead of this browser's, ms. */
let ahead = 0

document.documentElement.classList.add('drawn')
drawFixed()
const live = document.getElementById('live')
if (live !== null) follow(live)
setInterval(tick, ticksMs)

/** Charts of a page that does not change: their data stand in it. */
function drawFixed(): void {
  const data = document.getElementById('chart-data')
  if (data === null) return
  const charts = JSON.parse(data.textContent ?? '{}') as Readonly<Record<string, ChartData>>
  for (const root of document.querySelectorAll<HTMLElement>('[data-charts]')) {
    const own = charts[root.dataset.charts ?? '']
    if (own !== undefined) drawCharts(root, own)
  }
}

function follow(place: HTMLElement): void {
  const events = new EventSource('/events')
  events.addEventListener('view', (event: MessageEvent<string>) => {
    lost(null)
    show(place, JSON.parse(event.data) as View)
  })
  events.addEventListener('trouble', (event: MessageEvent<string>) => {
    lost(`The board cannot read its ledger: ${(JSON.parse(event.data) as { message: string }).message}`)
  })
  events.addEventListener('error', () => lost('The board does not answer: what stands here is old. Trying again.'))
}

function show(place: HTMLElement, { now, whole, slots, charts }: View): void {
  ahead = now - Date.now()
  if (whole !== undefined) {
    const begun = formsIn(place)
    place.innerHTML = whole
    drawn.clear()
    putBack(place, begun)
  }
  for (const [name, html] of Object.entries(slots)) {
    const slot = document.querySelector(`[data-slot="${CSS.escape(name)}"]`)
    if (slot !== null && slot.innerHTML !== html) slot.innerHTML = html
  }
  for (const root of place.querySelectorAll<HTMLElement>('[data-run]')) {
    const id = root.dataset.run ?? ''
    const data = charts[id]
    if (data === undefined) continue
    const known = drawn.get(id)
    if (known === undefined) drawn.set(id, drawCharts(root, data))
    else known.update(data)
  }
  tick()
}

/** What people may have begun to fill in, by run, and where the keys go now. */
interface Begun {
  readonly forms: ReadonlyMap<string, Element>
  readonly focus: Element | null
}

function formsIn(place: HTMLElement): Begun {
  const forms = [...place.querySelectorAll<HTMLElement>('[data-run]')].flatMap((root) => {
    const form = root.querySelector('details.act')
    return form === null ? [] : [[root.dataset.run ?? '', form] as const]
  })
  return { forms: new Map(forms), focus: document.activeElement }
}

/** Another run that begins or ends takes no word from a person who writes why this one is to end. */
function putBack(place: HTMLElement, { forms, focus }: Begun): void {
  for (const root of place.querySelectorAll<HTMLElement>('[data-run]')) {
    const form = forms.get(root.dataset.run ?? '')
    if (form !== undefined) root.querySelector('details.act')?.replaceWith(form)
  }
  if (focus instanceof HTMLElement && place.contains(focus)) focus.focus()
}

/** Old figures must not look like new ones. */
function lost(why: string | null): void {
  const place = document.getElementById('lost')
  if (place === null) return
  place.hidden = why === null
  if (place.textContent !== (why ?? '')) place.textContent = why ?? ''
  document.documentElement.classList.toggle('stale', why !== null)
}

function tick(): void {
  const now = Date.now() + ahead
  for (const time of document.querySelectorAll<HTMLElement>('time[data-until]')) {
    const left = Number(time.dataset.until) - now
    time.textContent = left >= 0 ? `in ${duration(Math.round(left / 1000) * 1000)}` : 'now: being undone'
  }
  for (const time of document.querySelectorAll<HTMLElement>('time[data-since]')) {
    time.textContent = duration(Math.max(0, Math.floor((now - Number(time.dataset.since)) / 1000) * 1000))
  }
}
