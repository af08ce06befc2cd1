import { beforeEach, describe, expect, it } from '@jest/globals'
import { remoteSource } from '../../../cli/board/remote-source.ts'
import type { BoardSource } from '../../../cli/board/source.ts'
import type { Installation } from '../../../cli/remote/installation.ts'
import { approveInput, controlInput, haltInput, lookInput, resumeInput } from '../../../functions/shared/inputs.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import { nothingKnown, partOf } from '../../../lib/remote/record-part.ts'
import type { RunRecord } from '../../../lib/report/document.ts'
import { runRow } from '../../../lib/report/run-row.ts'
import { gameDay } from '../../report/game-day.ts'
import { at } from '../../report/records.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { holding } from './fake-source.ts'

const inputs = { look: lookInput, control: controlInput, halt: haltInput, resume: resumeInput, approve: approveInput }

let records: RunRecord[]
let asked: string[]
let halt: object | null
let source: BoardSource

/** What the functions answer, to what their own schemas let through, as JSON. */
const installation: Installation = {
  name: 'prod',
  async ask(name, payload) {
    const input = inputs[name].parse(payload) as { readonly action?: string; readonly run?: string; readonly why?: string }
    asked.push([name, input.action, input.run, input.why].filter((word) => word !== undefined).join(' '))
    return JSON.parse(JSON.stringify(answerTo(name, input)))
  },
}

function answerTo(name: string, input: { readonly action?: string; readonly run?: string }): object {
  if (input.action === 'runs') return { runs: records.map(({ run }) => runRow(run, false)) }
  if (input.action === 'status') return { halt }
  if (input.action !== 'record') return { happened: name }
  const record = records.find(({ run }) => run.id === input.run)
  if (record === undefined) throw new FaultlineError('not_found', 'there is no such run')
  const { known } = input as { readonly known?: typeof nothingKnown }
  return { record: partOf(record, known ?? nothingKnown) }
}

beforeEach(() => {
  records = [holding, gameDay]
  asked = []
  halt = null
  source = remoteSource(installation, new VirtualClock(at(200)))
})

describe('the board of a deployed installation', () => {
  it('lists runs in all their figures, and asks for one that is over only once', async () => {
    expect((await source.runs(500)).map(({ id, steps }) => [id, steps.length])).toEqual([
      ['shop-game-day-now', 4],
      [gameDay.run.id, 4],
    ])
    await source.runs(500)
    expect(asked.filter((one) => one.startsWith('look record'))).toEqual([
      'look record shop-game-day-now',
      `look record ${gameDay.run.id}`,
      'look record shop-game-day-now',
    ])
    expect((await source.live()).map(({ id }) => id)).toEqual(['shop-game-day-now'])
  })

  it('follows a record by what is new, and knows what is not there', async () => {
    expect((await source.record('shop-game-day-now'))?.samples.length).toBe(gameDay.samples.length)
    const [sample] = gameDay.samples
    if (sample === undefined) throw new TypeError('no sample')
    records = [{ ...holding, samples: [...gameDay.samples, { ...sample, at: at(199) }] }]
    const record = await source.record('shop-game-day-now')
    expect([record?.samples.length, record?.samples.at(-1)?.at]).toEqual([gameDay.samples.length + 1, at(199)])
    expect(await source.record('none')).toBeUndefined()
  })

  it('halts, lifts the halt and aborts by the functions that IAM guards', async () => {
    await source.halt('customers call')
    halt = { by: 'ana', why: 'customers call', at: 1 }
    expect(await source.halted()).toEqual(halt)
    await source.resume('it is mended')
    await source.abort('shop-game-day-now', 'enough')
    expect(asked).toEqual(['halt customers call', 'look status', 'resume it is mended', 'control abort shop-game-day-now enough'])
  })
})
