import { FaultlineError } from '../domain/errors.ts'
import { type Finding, type Outcome, unknown } from '../domain/finding.ts'

/** One thing to look at; it changes nothing that it does not take back. */
export interface Check<C> {
  /** For people, in a few words. */
  readonly what: string
  /** Checks without which this one cannot look. */
  readonly needs: readonly string[]
  /** Says `unknown` where it cannot look; a FaultlineError that it throws counts as that, with the error's words. */
  look(context: C): Promise<readonly Outcome[]>
}

export type Checks<C> = Readonly<Record<string, Check<C>>>

/** How far it is: names of the checks that still look. */
export type Progress = (state: { readonly done: number; readonly waiting: readonly string[] }) => void

/**
 * Looks at everything side by side, as most of it is waiting; what another check is needed for waits for that one. Findings come in the order
 * of `checks`: those of the names in `only` (all when left out), and of what these need where that is not well.
 */
export async function examine<C>(
  checks: Checks<C>,
  context: C,
  { only, progress = () => undefined }: { readonly only?: readonly string[] | undefined; readonly progress?: Progress } = {},
): Promise<readonly Finding[]> {
  const wanted = only ?? Object.keys(checks)
  const begun = new Map<string, Promise<readonly Finding[]>>()
  const waiting = new Set<string>()
  let done = 0
  const tell = () => progress({ done, waiting: [...waiting] })
  const ask = (name: string): Promise<readonly Finding[]> => {
    const asked = begun.get(name) ?? lookAt(name)
    begun.set(name, asked)
    return asked
  }
  const lookAt = async (name: string): Promise<readonly Finding[]> => {
    const check = checks[name]
    if (check === undefined) throw new TypeError(`there is no check ${name}`)
    waiting.add(name)
    tell()
    try {
      const lacking = (await Promise.all(check.needs.map(ask))).flat().find(({ state }) => state === 'failed' || state === 'unknown')
      const outcomes = lacking === undefined ? await lookOnce(check, context) : [notLooked(lacking)]
      return outcomes.map((outcome) => ({ check: name, ...outcome }))
    } finally {
      waiting.delete(name)
      done++
      tell()
    }
  }
  const found = await Promise.allSettled(wanted.map(ask))
  const mistake = found.find((result) => result.status === 'rejected')
  if (mistake !== undefined) throw mistake.reason
  const order = Object.keys(checks).filter((name) => begun.has(name))
  const all = (await Promise.all(order.map(ask))).flat()
  return all.filter(({ check, state }) => wanted.includes(check) || (state !== 'ok' && state !== 'off'))
}

async function lookOnce<C>(check: Check<C>, context: C): Promise<readonly Outcome[]> {
  try {
    return await check.look(context)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return [unknown(`it could not be looked at: ${error.message}`, null)]
  }
}

function notLooked({ check }: Finding): Outcome {
  return unknown(`it could not be looked at, as ${check} is not well`, null)
}
