import { BoardPages } from '../../../cli/board/board-pages.ts'
import { type BoardServer, serveBoard } from '../../../cli/board/server.ts'
import type { BoardSource } from '../../../cli/board/source.ts'
import { auditOf } from '../../../lib/domain/audit.ts'
import type { Control } from '../../../lib/domain/control.ts'
import type { Run } from '../../../lib/domain/run.ts'
import type { Suite } from '../../../lib/domain/suite.ts'
import { auditLine } from '../../../lib/report/audit-line.ts'
import type { RunRecord } from '../../../lib/report/document.ts'
import { gameDay } from '../../report/game-day.ts'
import { at } from '../../report/records.ts'

/** What a person did on the board. */
export interface Deeds {
  readonly done: string[]
  halted: Control | null
}

export interface Fake {
  readonly deeds: Deeds
  readonly source: BoardSource
}

/** A source that holds these records, at a time of the game day; it keeps what is asked of it. */
export function fakeSource(records: readonly RunRecord[], live: readonly Run[] = []): Fake {
  const deeds: Deeds = { done: [], halted: null }
  const source: BoardSource = {
    name: 'the test',
    pauseMs: 100,
    now: () => at(200),
    live: async () => live,
    runs: async (limit) => records.map(({ run }) => run).slice(0, limit),
    record: async (id) => records.find(({ run }) => run.id === id),
    halted: async () => deeds.halted,
    audit: async () =>
      records
        .flatMap(({ run, history }) => auditOf(run, history))
        .map(auditLine)
        .reverse(),
    async halt(why) {
      deeds.done.push(`halt: ${why}`)
      deeds.halted = { by: 'ana@desk', why, at: at(200) }
    },
    async resume(why) {
      deeds.done.push(`resume: ${why}`)
      deeds.halted = null
    },
    async abort(id, why) {
      deeds.done.push(`abort ${id}: ${why}`)
    },
  }
  return { deeds, source }
}

/** The game day while its third fault is held. */
export const holding = {
  ...gameDay,
  run: { ...gameDay.run, id: 'shop-game-day-now', status: 'holding', abort: null } as unknown as Run,
} satisfies RunRecord

/** A board of it on a free port of this machine. */
export async function fakeBoard(fake: Fake, suites: readonly Suite[] = [], host = '127.0.0.1'): Promise<BoardServer> {
  const pages = new BoardPages(fake.source, async () => suites)
  return await serveBoard({ host, port: 0, source: fake.source, pages, say: (line) => process.stderr.write(`${line}\n`) })
}
