import type { ReportStore } from '../ports.ts'
import { formats } from './format-names.ts'

/** The name of a run's page among its reports. */
export const pageOf = (runId: string): string => `${runId}${formats.html.extension}`

/** Where people will find the page of a run, also before it is there. */
export function linkToPage(store: ReportStore, runId: string): Promise<string> {
  return store.linkTo(pageOf(runId))
}

/** Is there something behind that link? */
export function hasPage(store: ReportStore, runId: string): Promise<boolean> {
  return store.has(pageOf(runId))
}
