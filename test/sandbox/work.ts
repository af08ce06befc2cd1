import { Session } from 'node:inspector/promises'

/**
 * How often code of the sandbox runs: calls of its functions, and turns of their branches and loops, counted by V8 itself. The same on
 * every machine, and nothing that walks over a list escapes it.
 */
export interface WorkCounter {
  /** Of all that runs until `act` is over. */
  during(act: () => Promise<unknown>): Promise<number>
  stop(): Promise<void>
}

/** To be started before the code first runs: what was compiled earlier is counted by its calls only. */
export async function countWork(): Promise<WorkCounter> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  /** Since the last time it was asked. */
  const take = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    const functions = result.filter(({ url }) => /(?<!\/test)\/sandbox\//.test(url)).flatMap((script) => script.functions)
    return functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0)
  }
  return {
    during: async (act) => {
      await take()
      await act()
      return take()
    },
    stop: async () => {
      await session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}
