import type { ReportStore } from '../ports.ts'
import { formats } from './format-names.ts'

/** Where people will find the page of a run, also before it is there. */
export function linkToPage(store: ReportStore, runId: string): Promise<string> {
  return store.linkTo(`${runId}${formats.html.extension}`)
}
