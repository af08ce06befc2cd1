import { describe, expect, it } from '@jest/globals'
import { printJson } from '../../cli/command.ts'
import { type Output, print, printText } from '../../cli/terminal.ts'
import { eventLines } from '../../cli/view/event-lines.ts'
import { initialState } from '../../cli/view/run-state.ts'
import { probedSuite, sampleOf } from '../report/probed.ts'
import { at, runWith } from '../report/records.ts'

const evil = '\u001b]0;owned\u0007\u001b[8m\u009b2J\u202egnp\u2066x\u2069\u200f\u061c\nnext'

function output(hasUnicode = true): Output & { text: string } {
  return {
    text: '',
    columns: 80,
    rows: 24,
    hasUnicode,
    write(text) {
      this.text += text
    },
  }
}

describe('what is printed', () => {
  it('holds no escape sequence, no mark of direction and no line break of a probed body', () => {
    const run = runWith({ status: 'holding', step: 0, revertAt: at(23), rechecked: false, suite: probedSuite })
    const out = output()
    const sample = sampleOf(6, { value: null, within: null, message: evil })
    for (const line of eventLines(initialState(run), { kind: 'sample', run, sample }, at(6))) print(out, line)
    expect(out.text).toBe(
      '2026-01-05T09:00:06Z [1/2 Cut] probe errors measured nothing: \\u001b]0;owned\\u0007\\u001b[8m\\u009b2J\\u202egnp\\u2066x\\u2069\\u200f\\u061c\\u000anext\n',
    )
  })

  it('keeps the line breaks of a report, and nothing else that acts', () => {
    const out = output()
    printText(out, `a\tb\n${evil}\n`)
    expect(out.text).toBe('a\tb\n\\u001b]0;owned\\u0007\\u001b[8m\\u009b2J\\u202egnp\\u2066x\\u2069\\u200f\\u061c\nnext\n')
  })

  it('escapes in a JSON document what means the same to its reader', () => {
    const out = output()
    printJson(
      { out, err: out, env: {}, isLive: false, hasColour: false, onInterrupt: () => () => undefined, stdin: () => process.stdin },
      { message: evil },
    )
    for (const mark of ['\u001b', '\u009b', '\u202e', '\u2066']) expect(out.text).not.toContain(mark)
    expect(JSON.parse(out.text)).toEqual({ message: evil })
  })

  it('has no sign that a locale of ASCII lacks', () => {
    const out = output(false)
    print(out, '✓ ██░ cut off… 1–3 ⠋ 名')
    expect(out.text).toBe('+ ##. cut off~ 1-3 | 名\n')
  })
})
