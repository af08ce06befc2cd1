import { notAllowed, quote } from './did-you-mean.ts'
import { valueAt } from './explain.ts'
import type { Finding, Path } from './problems.ts'

/** What a step says of its group, as it stands in the file. */
interface Member {
  readonly at: number
  readonly name: unknown
  readonly after: readonly string[]
}

/**
 * What the groups of overlapping steps must be: neighbours in the list; with `delay` and `after` nowhere else; waiting for steps of their own
 * group, by names that are one step's each, and not in a ring; with a rest after the group alone.
 */
export function togetherFindings(steps: readonly unknown[]): readonly Finding[] {
  const groups = steps.map((step) => valueAt(step, ['together']))
  return steps.flatMap((step, at) => {
    const group = groups[at]
    const path: Path = ['experiments', at]
    if (typeof group !== 'string') return group === undefined ? aloneFindings(step, path) : []
    const first = groups.indexOf(group)
    const isApart = groups.slice(first, at).some((other) => other !== group)
    const apart: readonly Finding[] = isApart
      ? [
          {
            path: [...path, 'together'],
            at: 'value',
            message: `${quote(group)} is the group of experiments[${first}], too, with others in between; allowed: neighbours only`,
          },
        ]
      : []
    const members = membersOf(steps, group)
    return [...apart, ...restFindings(step, { path, isLast: at === members.at(-1)?.at }), ...afterFindings(members, at)]
  })
}

function membersOf(steps: readonly unknown[], group: string): readonly Member[] {
  return steps.flatMap((step, at) =>
    valueAt(step, ['together']) === group ? [{ at, name: valueAt(step, ['name']), after: namesIn(valueAt(step, ['after'])) }] : [],
  )
}

function namesIn(after: unknown): readonly string[] {
  return [after].flat().filter((name) => typeof name === 'string')
}

function aloneFindings(step: unknown, path: Path): readonly Finding[] {
  return ['delay', 'after']
    .filter((key) => valueAt(step, [key]) !== undefined)
    .map((key): Finding => ({ path: [...path, key], at: 'key', message: 'belongs to a step that names its group by `together`' }))
}

function restFindings(step: unknown, { path, isLast }: { readonly path: Path; readonly isLast: boolean }): readonly Finding[] {
  const interval = valueAt(step, ['interval'])
  if (isLast || typeof interval !== 'number' || interval === 0) return []
  return [{ path: [...path, 'interval'], at: 'key', message: 'is the rest after the whole group: allowed on its last step only' }]
}

function afterFindings(members: readonly Member[], at: number): readonly Finding[] {
  const own = members.find((member) => member.at === at)
  const path: Path = ['experiments', at, 'after']
  if (own === undefined) return []
  const others = members.filter((member) => member !== own).map(({ name }) => name)
  return own.after.flatMap((name): readonly Finding[] => {
    const found = others.filter((other) => other === name).length
    if (name === own.name && found === 0) return [{ path, at: 'value', message: `${quote(name)} is the step itself` }]
    if (found === 0) {
      const names = others.filter((other) => typeof other === 'string')
      return [{ path, at: 'value', message: notAllowed(name, names, 'is no other step of its group') }]
    }
    if (found > 1) return [{ path, at: 'value', message: `${quote(name)} is the name of ${found} steps of the group: give each its own` }]
    return reaches(members, name, own.name)
      ? [{ path, at: 'value', message: `${quote(name)} waits for this step: they would wait for each other` }]
      : []
  })
}

/** Whether a step waits for another, by itself or through others. */
function reaches(members: readonly Member[], from: unknown, to: unknown): boolean {
  const seen = new Set<unknown>()
  const open = [from]
  while (open.length > 0) {
    const name = open.pop()
    if (name === to) return true
    if (seen.has(name)) continue
    seen.add(name)
    open.push(...members.filter((member) => member.name === name).flatMap(({ after }) => after))
  }
  return false
}
