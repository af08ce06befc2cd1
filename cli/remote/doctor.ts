import type { DoctorLook } from '../../lib/remote/interface.ts'
import { checkNames, tellDoctor } from '../commands/doctor.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type AwsFlags, findInstallation } from './installation.ts'

export interface RemoteDoctorFlags extends AwsFlags {
  readonly aws: string
  readonly json?: boolean
  readonly cluster?: string
  readonly namespace?: string
  readonly selector?: string
  readonly only?: readonly string[]
}

/** `faultline doctor --aws STAGE`: what the functions find of a cluster, with their own rights and settings. */
export async function doctor(flags: RemoteDoctorFlags, terminal: Terminal): Promise<ExitCode> {
  checkNames(flags.only)
  const { cluster, namespace, selector, only } = flags
  const said = Object.entries({ cluster, namespace, selector, only }).filter(([, value]) => value !== undefined)
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('control', { action: 'doctor', ...Object.fromEntries(said) })
  return tellDoctor(answer.doctor as DoctorLook, flags, terminal)
}
