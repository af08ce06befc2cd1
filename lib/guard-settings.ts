import * as z from 'zod'
import { faultNames } from './domain/suite.ts'
import { strict, textOf } from './suite/strict-object.ts'

const pattern = textOf(/^[A-Za-z0-9*][\w.:/@*-]{0,252}$/, 'a name, or a pattern in which "*" stands for anything')
const most = strict({
  percent: z.number().min(0).max(100).optional().describe('Of the pods there, rounded down.'),
  count: z.int().min(0).optional(),
}).refine(({ percent, count }) => percent !== undefined || count !== undefined, 'expected percent, count or both')
const seconds = z.number().gt(0)

/** Limits that a suite may set itself, too; it is bound to all that hold. */
export const guardLimits = {
  kinds: z.array(z.enum(faultNames)).min(1).optional().describe('Kinds of faults that are allowed.'),
  perWorkload: most.optional().describe('The most pods of one workload (a controller) that a step may hit.'),
  perNamespace: most.optional().describe('The most pods of the namespace that a step may hit.'),
  perNode: most.optional().describe('The most pods of a node that a step may hit, of those in the namespace.'),
  perZone: most.optional().describe('The most pods of a zone that a step may hit, of those in the namespace.'),
  fewestReady: z.int().min(0).optional().describe('Pods of each workload that is hit which have to stay Ready.'),
  disruptionBudgets: z
    .literal(true)
    .optional()
    .describe('PodDisruptionBudgets need headroom for every step that deletes, kills or evicts, whatever its blastRadius says.'),
  longestStep: seconds.optional().describe('The longest a fault may last, in seconds.'),
  longestRun: seconds.optional().describe('The longest `maxDuration` of a suite, in seconds.'),
}

/** The rules of an installation's owner; all that bind a run hold together. */
export const guardsSchema = z
  .array(
    strict({
      for: strict({ cluster: pattern.optional(), namespace: pattern.optional() }).optional(),
      clusters: z.array(pattern).min(1).optional(),
      namespaces: z.array(pattern).min(1).optional(),
      optIn: textOf(/^[A-Za-z0-9][\w./-]*(=[\w.-]*)?$/, 'a label: KEY or KEY=VALUE').optional(),
      ...guardLimits,
    }),
  )
  .max(100)
