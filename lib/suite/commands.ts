import { FaultlineError } from '../domain/errors.ts'
import type { Suite } from '../domain/suite.ts'

/**
 * For wherever a suite is not run by the command line of a person: nothing of a suite is run beside the cluster there.
 * @throws FaultlineError `bad_input` naming the first probe that would
 */
export function refuseCommands(suite: Pick<Suite, 'probes'>, where: string): void {
  const found = suite.probes.find(({ source }) => source.type === 'command')
  if (found === undefined) return
  const message = `${where}: probe "${found.name}" is a command, which runs on the machine of a person only; make it a probe of type "job"`
  throw new FaultlineError('bad_input', message)
}
