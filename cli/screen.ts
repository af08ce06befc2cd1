import { createLogUpdate } from 'log-update'
import type { Run } from '../lib/domain/run.ts'
import type { Progress } from '../lib/engine/engine.ts'
import type { Clock } from '../lib/ports.ts'
import { inLocale, print, printPainted, type Terminal } from './terminal.ts'
import { eventLines } from './view/event-lines.ts'
import { painter, wrapped } from './view/paint.ts'
import { advance, initialState, type RunState } from './view/run-state.ts'
import { render } from './view/run-view.ts'

/** Where a run shows what it does. */
export interface Screen {
  /** Everything known of the run so far. */
  state(): RunState
  observe(progress: Progress): void
  interrupted(count: number): void
  /** Prints lines that stay. */
  say(lines: readonly string[]): void
  /** Draws the last picture and lets go of the terminal. */
  end(): void
}

export type ScreenKind = 'live' | 'lines' | 'silent'

export interface ScreenOptions {
  readonly terminal: Terminal
  readonly run: Run
  readonly clock: Clock
  /** live: redrawn in a terminal; lines: one per event; silent: only remembers. */
  readonly kind: ScreenKind
  /** Where lines go. */
  readonly sayLine: (line: string) => void
}

/** Ten times a second looks alive and costs 1 % of a core. */
const redrawMs = 100
/** A terminal that says it is smaller gets more than it can show. */
const narrowest = 40
const lowest = 10
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'

/** Makes the screen that suits the terminal. */
export function createScreen(options: ScreenOptions): Screen {
  return options.kind === 'live' ? liveScreen(options) : lineScreen(options)
}

function lineScreen({ run, clock, kind, sayLine }: ScreenOptions): Screen {
  let state = initialState(run)
  const say = (lines: readonly string[]) => {
    for (const text of lines) sayLine(text)
  }
  return {
    state: () => state,
    observe: (progress) => {
      if (kind === 'lines') say(eventLines(state, progress, clock.now()))
      state = advance(state, progress)
    },
    interrupted: (interrupts) => {
      state = { ...state, interrupts }
      if (interrupts === 1) say(['Interrupted: undoing everything now. Interrupt again to see what would stay if you left.'])
    },
    say,
    end: () => undefined,
  }
}

function liveScreen({ terminal, run, clock }: ScreenOptions): Screen {
  let state = initialState(run)
  const paint = painter(terminal.hasColour)
  const { out } = terminal
  const stream = { write: (text: string) => out.write(text), isTTY: true, get columns() { return out.columns }, get rows() { return out.rows } } // biome-ignore format: one look
  const update = createLogUpdate(stream as unknown as NodeJS.WritableStream, { showCursor: true })
  const lines = (rows?: number) =>
    render(state, clock.now(), { columns: Math.max(narrowest, out.columns), ...(rows === undefined ? {} : { rows }) }, paint)
  const draw = () =>
    update(
      // The row below it is the cursor's.
      lines(Math.max(lowest, out.rows - 1))
        .map((text) => inLocale(out, text))
        .join('\n'),
    )
  out.write(hideCursor)
  const timer = setInterval(draw, redrawMs)
  return {
    state: () => state,
    observe: (progress) => {
      state = advance(state, progress)
    },
    interrupted: (interrupts) => {
      state = { ...state, interrupts }
      draw()
    },
    say: (lines) => {
      update.clear()
      for (const text of lines) for (const part of wrapped(text, out.columns, '')) print(out, part)
      draw()
    },
    end: () => {
      clearInterval(timer)
      // What stays may be longer than the terminal.
      update.clear()
      for (const text of lines()) printPainted(out, text)
      update.done()
      out.write(showCursor)
    },
  }
}
