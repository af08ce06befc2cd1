import * as z from 'zod'
import { textOf } from './strict-object.ts'

const seconds = (least: number, most: number) => z.number().min(least).max(most)
const region = textOf(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region of AWS: eu-central-1')
/** Of a probe of a CloudWatch alarm. */
export const alarmKeys = {
  alarm: z.string().min(1).max(400).describe('Name or ARN of a CloudWatch alarm, composite ones too.'),
  region: region.optional().describe("Region of the alarm; default: the ARN's, else the installation's."),
  whenEmpty: z.number().optional().describe('Value of an alarm without enough data; without it nothing was measured then.'),
}

/** Of a probe of a CloudWatch metric. */
export const metricKeys = {
  namespace: z.string().min(1).max(255).describe('E.g. AWS/ApplicationELB.'),
  metric: z.string().min(1).max(255).describe('Name of the metric.'),
  dimensions: z
    .record(z.string().min(1).max(255), z.string().min(1).max(1024))
    .refine((found) => Object.keys(found).length <= 30, 'a metric has 30 dimensions at most')
    .default({})
    .describe('All dimensions of the metric: CloudWatch knows no others as the same metric.'),
  statistic: textOf(
    /^(Average|Sum|Minimum|Maximum|SampleCount|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?)$/,
    'a statistic of CloudWatch: Average, Sum, Minimum, Maximum, SampleCount, p99',
  )
    .default('Average')
    .describe('What is made of the data of one period.'),
  period: z
    .int()
    .refine((value) => [1, 5, 10, 20, 30].includes(value) || (value >= 60 && value % 60 === 0 && value <= 86_400), {
      error: 'a period is 1, 5, 10, 20 or 30 seconds, or whole minutes up to a day',
    })
    .default(60)
    .describe('Seconds of one value.'),
  window: seconds(1, 604_800).optional().describe('The newest value of so many seconds counts; default: five periods.'),
  region: region.optional().describe("Region of the metric; default: the installation's."),
  whenEmpty: z.number().optional().describe('Value where there is none in the window; without it nothing was measured then.'),
}
