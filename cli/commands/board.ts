import { BoardPages } from '../board/board-pages.ts'
import { knownSuites } from '../board/known-suites.ts'
import { localSource } from '../board/local-source.ts'
import { serveBoard } from '../board/server.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { print, type Terminal } from '../terminal.ts'

export interface BoardFlags extends WorkFlags {
  readonly host: string
  readonly port: number
}

/** `faultline board`: a page of what runs, ran and will run on this machine, until Ctrl-C; undos that it has begun are ended first. */
export function board(suites: readonly string[], flags: BoardFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const { promise: interrupted, resolve } = Promise.withResolvers<void>()
    const dispose = terminal.onInterrupt(() => resolve())
    try {
      const source = localSource(composition, flags.state, sayer(flags, terminal))
      const pages = new BoardPages(source, () => knownSuites(suites, source, terminal))
      const server = await serveBoard({ host: flags.host, port: flags.port, source, pages, say: (line) => print(terminal.err, line) })
      if (flags.json === true) printJson(terminal, { url: server.url })
      else print(terminal.out, `board at ${server.url} (Ctrl-C ends it)`)
      await interrupted
      await server.close()
      await source.settled()
    } finally {
      dispose()
    }
    return exitCodes.succeeded
  })
}
