import type { ChartData } from '../../lib/report/html/chart-data.ts'
import { answerPicture } from './answer-picture.ts'
import { faultPicture } from './fault-picture.ts'
import { makePlot, type Picture, type Plot } from './plot.ts'
import { TimeWindow } from './time-window.ts'

/** A sheet of A4 with its margins, CSS pixels. */
const paperWidth = 660

/** The charts of one run. */
export interface Charts {
  update(data: ChartData): void
}

/** Draws the charts of a run into the elements below `root` that name what they want: `data-plot="faults"`, `data-plot="probe NAME"`. */
export function drawCharts(root: HTMLElement, data: ChartData): Charts {
  const window = new TimeWindow(data)
  const plots = new Map<HTMLElement, Plot>()
  const draw = (all: ChartData) => {
    for (const box of root.querySelectorAll<HTMLElement>('[data-plot]')) {
      const picture = pictureOf(all, box.dataset.plot ?? '')
      if (picture === null) continue
      const known = plots.get(box)
      if (known === undefined) plots.set(box, makePlot(box, picture, window))
      else known.update(picture)
    }
    root.classList.toggle('drawn', plots.size > 0)
  }
  draw(data)
  zoomByButtons(root, window)
  followScheme(plots)
  return {
    update(next) {
      window.extend(next)
      draw(next)
    },
  }
}

function pictureOf(data: ChartData, wanted: string): Picture | null {
  if (wanted === 'faults') return data.steps.some(({ plannedAt }) => plannedAt !== null) ? faultPicture(data) : null
  const probe = data.probes.find(({ name }) => `probe ${name}` === wanted)
  return probe === undefined ? null : answerPicture(data, probe)
}

function zoomByButtons(root: HTMLElement, window: TimeWindow): void {
  const acts: Readonly<Record<string, () => void>> = {
    in: () => window.scale(0.5),
    out: () => window.scale(2),
    all: () => window.reset(),
  }
  for (const button of root.querySelectorAll<HTMLButtonElement>('button[data-zoom]')) {
    const kind = button.dataset.zoom ?? ''
    button.addEventListener('click', () => acts[kind]?.())
    if (kind === 'in') continue
    const show = () => {
      button.disabled = window.isWhole
    }
    window.onChange(show)
    show()
  }
}

/** Canvases are painted anew for light, dark and paper, which alone is light for everyone. */
function followScheme(plots: ReadonlyMap<HTMLElement, Plot>): void {
  const repaint = () => {
    for (const plot of plots.values()) plot.repaint()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint)
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('printing')
    for (const [box, plot] of plots) plot.setWidth(Math.min(paperWidth, box.clientWidth))
    repaint()
  })
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('printing')
    for (const [box, plot] of plots) plot.setWidth(box.clientWidth)
    repaint()
  })
}
