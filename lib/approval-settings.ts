import * as z from 'zod'
import { type ApprovalRules, approvalKinds, defaultApproval, noApproval } from './domain/approval.ts'
import { strict, textOf } from './suite/strict-object.ts'

const pattern = textOf(/^[A-Za-z0-9*][\w.:/@*-]{0,252}$/, 'a name, or a pattern in which "*" stands for anything')
const patterns = z.array(pattern).max(100).optional()

/** A minute is the least in which a person can read and answer; after a week no person remembers what was planned. */
const [leastSeconds, mostSeconds] = [60, 604_800]

const file = strict({
  kinds: z.array(z.enum(approvalKinds)).optional().describe('Kinds of faults that wait.'),
  above: z.number().min(0).max(100).optional().describe('A step waits that hits more than so many percent of a workload of several pods.'),
  namespaces: patterns.describe('Patterns of namespaces in which every step waits.'),
  clusters: patterns.describe('Patterns of clusters on which every step waits.'),
  simulated: z.boolean().optional().describe('Whether steps on embedded clusters wait, too.'),
  expires: z.int().min(leastSeconds).max(mostSeconds).optional().describe('Seconds that a run waits until it is refused.'),
})
const { expiresMs: _, ...nothing } = noApproval

/** What an installation's owner says of approvals; false: nothing waits for one. What is left out is as by default. */
export const approvalSchema = z.preprocess((said) => (said === false ? nothing : said), file)

/** The rules as the engine takes them. */
export function approvalRules(said: z.output<typeof approvalSchema> | undefined): ApprovalRules {
  if (said === undefined) return defaultApproval
  const { kinds, above, namespaces, clusters, simulated, expires } = said
  const { expiresMs, ...usual } = defaultApproval
  return {
    kinds: kinds ?? usual.kinds,
    above: above ?? usual.above,
    namespaces: namespaces ?? usual.namespaces,
    clusters: clusters ?? usual.clusters,
    simulated: simulated ?? usual.simulated,
    expiresMs: expires === undefined ? expiresMs : expires * 1000,
  }
}
