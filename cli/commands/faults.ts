import { FaultlineError } from '../../lib/domain/errors.ts'
import { faultNames } from '../../lib/domain/suite.ts'
import { table } from '../../lib/report/table.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { printJson } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type CatalogueEntry, faultCatalogue, rightsOfEveryRun } from '../fault-catalogue.ts'
import { print, type Terminal } from '../terminal.ts'

/** `faultline faults [NAME]`: what can be done to a workload, and of one fault its parameters, needs, rights and an example. */
export async function listFaults(name: string | undefined, flags: { readonly json?: boolean }, terminal: Terminal): Promise<ExitCode> {
  const all = faultCatalogue()
  const found = name === undefined ? all : all.filter((entry) => entry.name === name)
  if (found.length === 0) throw new FaultlineError('bad_input', `fault ${notAllowed(name ?? '', faultNames, 'is none')}`)
  if (flags.json === true) printJson(terminal, { rightsOfEveryRun: rightsOfEveryRun(), faults: found })
  else for (const text of name === undefined ? overview(found) : found.flatMap(details)) print(terminal.out, text)
  return exitCodes.succeeded
}

function overview(all: readonly CatalogueEntry[]): readonly string[] {
  const rows = all.map(({ name, does, needs }) => [name, does, needs])
  return [...table(['fault', 'what it does', 'needs'], rows), '', 'Parameters, rights and an example of one: faultline faults NAME']
}

function details({ name, does, needs, params, rights, example }: CatalogueEntry): readonly string[] {
  const rows = params.map(({ key, allowed, isRequired, default: usual, description }) => [
    key,
    allowed,
    isRequired ? 'required' : (usual ?? ''),
    description,
  ])
  return [
    `${name}: ${does}`,
    `needs ${needs}`,
    '',
    ...table(['params', 'allowed', 'default', ''], rows),
    '',
    'Rights, beside those of every run (deploy/rbac.yaml grants all of them):',
    ...(rights.length === 0 ? ['  none'] : rights.map((right) => `  ${right}`)),
    '',
    'A step of it, to be put into "experiments":',
    ...JSON.stringify(example, null, 2).split('\n'),
  ]
}
