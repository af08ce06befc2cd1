import { metricsFromStore } from '../../lib/engine/notifications/metrics-snapshot.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { serveMetrics } from '../metrics-server.ts'
import { print, type Terminal } from '../terminal.ts'

export interface MetricsFlags extends WorkFlags {
  readonly host: string
  readonly port: number
}

/** `faultline metrics`: serves what the store knows to a scraper, until Ctrl-C. */
export function metrics(flags: MetricsFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store }) => {
    const { promise: interrupted, resolve } = Promise.withResolvers<void>()
    const dispose = terminal.onInterrupt(() => resolve())
    try {
      const server = await serveMetrics({ host: flags.host, port: flags.port, read: () => metricsFromStore(store) })
      if (flags.json === true) printJson(terminal, { url: `${server.url}/metrics` })
      else print(terminal.out, `metrics at ${server.url}/metrics (Ctrl-C ends it)`)
      await interrupted
      await server.close()
    } finally {
      dispose()
    }
    return exitCodes.succeeded
  })
}
