import type { LeftOutStep } from '../domain/suite.ts'

/** Steps that were left out of a run by a person's wish, in words; they count as nothing, least of all as passed. */
export function leftOutText(leftOut: readonly LeftOutStep[], ran: number): string {
  const names = leftOut.map(({ number, name }) => `${number}. ${name}`).join(', ')
  return `${leftOut.length} of the suite's ${leftOut.length + ran} steps ${leftOut.length === 1 ? 'was' : 'were'} left out: ${names}`
}
