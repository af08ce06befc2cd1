import * as z from 'zod'
import { identityKinds } from '../../domain/actor.ts'
import { auditKinds } from '../../domain/audit.ts'
import { noticeKinds } from '../../domain/notice.ts'
import { severities } from '../../domain/probe.ts'

const time = z.iso.datetime().describe('RFC 3339, UTC.')

/** The detail of every lifecycle event; published in docs/event-schemas/, and what the notifier writes is tested against it. */
export const noticeDetail = z.object({
  id: z.string().describe('The same for the same thing, however often it is delivered: <run>#<version>#<n>.'),
  kind: z.enum(noticeKinds).describe('As the detail type.'),
  at: time,
  severity: z.enum(severities),
  topic: z.string().describe('Events of one topic belong together.'),
  run: z.object({
    id: z.string(),
    suite: z.string(),
    cluster: z.string().describe('Its name in the configuration.'),
    clusterUid: z.string().describe('UID of its kube-system namespace.'),
    namespace: z.string(),
    simulated: z.boolean().describe('True for the embedded cluster.'),
    status: z.string(),
    requestedAt: time,
  }),
  step: z
    .object({
      index: z.int().min(0),
      name: z.string(),
      fault: z.string(),
      targets: z.array(z.string()).max(100).describe('The first hundred.'),
      targetCount: z.int().min(0),
    })
    .nullable(),
  haltCommand: z.string().describe("Ends all chaos on the run's cluster; with a kubeconfig of it."),
  message: z.string().describe('One sentence for people.'),
  data: z.record(z.string(), z.unknown()).describe('More of the event, by kind; keys may be added.'),
})

/** The detail of `audit.recorded`: an entry of the audit trail. */
export const auditDetail = z.object({
  id: z.string().describe('The same for the same thing, however often it is delivered.'),
  at: time,
  kind: z.enum(auditKinds),
  actor: z
    .object({
      kind: z.enum(identityKinds).describe('By what it is known; `claimed`: only typed, or from a payload.'),
      name: z.string(),
      also: z
        .array(z.object({ kind: z.enum(identityKinds), name: z.string() }))
        .optional()
        .describe('What else is known of the same person.'),
      text: z.string().describe('For people.'),
    })
    .nullable()
    .describe('Null: Faultline itself.'),
  message: z.string().describe('One sentence for people.'),
  run: z
    .object({
      id: z.string(),
      suite: z.string(),
      cluster: z.string(),
      clusterUid: z.string(),
      namespace: z.string(),
      simulated: z.boolean(),
    })
    .nullable(),
  data: z.record(z.string(), z.unknown()).describe('More of it, by kind; keys may be added.'),
})

/** The detail of `advance`, which drivers send each other. */
export const advanceDetail = z.object({ runId: z.string() })
