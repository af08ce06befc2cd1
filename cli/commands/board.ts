import { systemClock } from '../../lib/adapters/system-clock.ts'
import { BoardPages } from '../board/board-pages.ts'
import { knownSuites } from '../board/known-suites.ts'
import { localSource } from '../board/local-source.ts'
import { remoteSource } from '../board/remote-source.ts'
import { serveBoard } from '../board/server.ts'
import type { BoardSource } from '../board/source.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findInstallation } from '../remote/installation.ts'
import { print, type Terminal } from '../terminal.ts'

export interface BoardFlags extends WorkFlags {
  readonly host: string
  readonly port: number
}

/** `faultline board`: a page of what runs, ran and will run on this machine, until Ctrl-C; undos that it has begun are ended first. */
export function board(suites: readonly string[], flags: BoardFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const source = localSource(composition, flags.state, sayer(flags, terminal))
    await served(source, { suites, flags, terminal })
    await source.settled()
    return exitCodes.succeeded
  })
}

/** `faultline board --aws STAGE`: the same of a deployed installation, with the rights of the person who calls it. */
export async function boardOfAws(
  suites: readonly string[],
  flags: BoardFlags & { readonly aws: string },
  terminal: Terminal,
): Promise<ExitCode> {
  await served(remoteSource(await findInstallation(flags.aws, flags, terminal), systemClock), { suites, flags, terminal })
  return exitCodes.succeeded
}

interface Serving {
  readonly suites: readonly string[]
  readonly flags: Pick<BoardFlags, 'host' | 'port' | 'json'>
  readonly terminal: Terminal
}

async function served(source: BoardSource, { suites, flags, terminal }: Serving): Promise<void> {
  const { promise: interrupted, resolve } = Promise.withResolvers<void>()
  const dispose = terminal.onInterrupt(() => resolve())
  try {
    const pages = new BoardPages(source, () => knownSuites(suites, source, terminal))
    const server = await serveBoard({ host: flags.host, port: flags.port, source, pages, say: (line) => print(terminal.err, line) })
    if (flags.json === true) printJson(terminal, { url: server.url })
    else print(terminal.out, `board of ${source.name} at ${server.url} (Ctrl-C ends it)`)
    await interrupted
    await server.close()
  } finally {
    dispose()
  }
}
