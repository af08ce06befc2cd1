import type { ReportStore } from '../ports.ts'
import type { RunRecord } from './document.ts'
import { formats } from './format-names.ts'
import { renderReport } from './formats.ts'
import { pageOf } from './link.ts'

/** Puts what people and machines want of an ended run where it outlives the driver; answers with the link to the page, which comes last: when it is there, all is. */
export async function publishReports(store: ReportStore, record: RunRecord): Promise<string> {
  const put = (format: 'html' | 'json' | 'junit') => {
    const { extension, contentType } = formats[format]
    return store.put(`${record.run.id}${extension}`, contentType, renderReport(format, record, pageOf(record.run.id)))
  }
  await Promise.all([put('json'), put('junit')])
  return put('html')
}
