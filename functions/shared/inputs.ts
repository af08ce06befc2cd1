import * as z from 'zod'
import { familyNames } from '../../lib/domain/tests.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { strict } from '../../lib/suite/strict-object.ts'

const text = z.string().min(1).max(500)
const suiteName = z.string().regex(/^[\w][\w.-]{0,99}$/, 'expected the name of a file in experiments/, without its ending')
const seed = z.int().min(0)

/** A list of so many has less than the 6 MB that a function may answer. */
const mostRuns = 10_000

/** What stands where a word should, as a word. */
const wordOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Values of a suite's variables, by name. */
const set = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .refine(
    (values) => Object.keys(values).every((name) => /^[A-Za-z_]\w{0,62}$/.test(name)),
    'expected names of variables: letters, digits and "_"',
  )
export type VariablesInput = z.output<typeof set>

/** What `start` takes: from a schedule (with `scheduledAt`) or from a person. */
export const startInput = strict({
  suite: z.union([suiteName, z.record(z.string(), z.unknown())]).describe('Name of a packaged suite, or a whole suite.'),
  set: set.optional(),
  cluster: text.optional(),
  /** EventBridge Scheduler writes the time into it; it is part of the run's identity. */
  scheduledAt: z.iso.datetime({ offset: true }).optional(),
  seed: seed.optional(),
  by: text.optional(),
  /** false: answer at once, another function drives. */
  wait: z.boolean().default(true),
})

/** The event that a driver publishes when its own time is nearly up. */
export const advanceInput = z.looseObject({
  'detail-type': z.literal('advance'),
  detail: z.looseObject({ runId: text }),
})

/** Whatever the schedule sends; nothing of it is needed. */
export const reapInput = z.unknown()

/** `by` is a claim: who it was comes from the platform, where it says so. */
const who = { by: text.optional(), why: text.default('no reason given') }

/** What `halt` and `resume` take; their own name as an `action` is what a person may send who is used to `control`. */
export const haltInput = strict({ action: z.literal('halt').optional(), ...who })
export const resumeInput = strict({ action: z.literal('resume').optional(), ...who })

/** What `approve` takes. Without `plan` it answers what the run would do. */
export const approveInput = strict({
  action: z.literal('approve').optional(),
  run: text,
  plan: z
    .string()
    .regex(/^[0-9a-f]{12,64}$/, 'expected the digits of the plan, 12 at least: without "plan" it says which')
    .optional(),
  ...who,
})

/** Functions of their own, which people may look for in `control`. */
const switches = ['halt', 'resume', 'approve']

const status = strict({ action: z.literal('status'), run: text.optional() })
const count = z.int().min(0)

/** What people may ask of `look`. */
export const lookInput = z.discriminatedUnion(
  'action',
  [
    status,
    strict({ action: z.literal('runs'), suite: text.optional(), limit: z.int().min(1).max(mostRuns).default(20) }),
    strict({ action: z.literal('audit'), since: z.iso.datetime({ offset: true }).optional() }),
    strict({
      action: z.literal('record'),
      run: text.describe('Id, the beginning of it, or "latest".'),
      /** What the asker has of it already. */
      known: strict({ history: count, samples: count, ledger: text.nullable() }).optional(),
    }),
  ],
  { error: ({ input }) => notAllowed(wordOf(Object(input).action), ['status', 'runs', 'audit', 'record']) },
)

const place = { cluster: text.optional(), seed: seed.optional() }
/** false: answer at once, another function drives. */
const wait = z.boolean().default(false)

/** Steps of a suite: it has at most 100. */
const steps = z.array(text).min(1).max(100).optional()

/** The suite for another workload, and for another time, for this once. */
const changes = {
  set: set.optional(),
  only: steps.describe('Only these steps, by name or number.'),
  skip: steps.describe('Without these steps.'),
  namespace: text.optional(),
  selector: text.optional(),
  duration: z.int().min(1).max(604_800).optional().describe('Seconds: the longest that it may take.'),
  grace: z.int().min(0).max(3_600).optional().describe('Seconds of quiet before the first and after the last step.'),
}

const actions = {
  run: strict({
    action: z.literal('run'),
    suite: startInput.shape.suite,
    ...changes,
    ...place,
    by: text.optional(),
    id: text.optional().describe('The same one never starts a second run of the suite in the same place.'),
  }),
  reap: strict({ action: z.literal('reap') }),
  doctor: strict({
    action: z.literal('doctor'),
    cluster: text.optional(),
    namespace: text.optional(),
    selector: text.optional(),
    only: z.array(text).optional().describe('Names of checks; all of them when left out.'),
  }),
  inject: strict({
    action: z.literal('inject'),
    fault: text.describe('network-partition, node-failure, resource-exhaustion, network-degradation, dns-failure or http-fault.'),
    kind: text,
    with: z.record(z.string(), z.unknown()).describe('What `faultline inject` takes as flags, by the keys of a suite file.'),
    namespace: text.optional(),
    selector: text.optional(),
    ...place,
    by: text.optional(),
    wait,
  }),
  test: strict({
    action: z.literal('test'),
    family: z.enum([...familyNames, 'all']),
    duration: z.int().min(1).max(86_400).optional().describe('Seconds of all faults together, shared out over the tests.'),
    pause: z.int().min(0).max(3600).default(10).describe('Seconds of quiet after each test.'),
    drain: z.boolean().default(false),
    allowUnused: z.boolean().default(false),
    /** As in CI: what was not tried is no pass where no person looks on. */
    allowSkips: z.boolean().default(false),
    namespace: text.optional(),
    selector: text.optional(),
    ...place,
    by: text.optional(),
  }),
  sweep: strict({ action: z.literal('sweep'), cluster: text.optional(), dryRun: z.boolean().default(false) }),
  replay: strict({ action: z.literal('replay'), run: text, ...place, by: text.optional(), wait }),
  status,
  plan: strict({
    action: z.literal('plan'),
    suite: startInput.shape.suite,
    ...changes,
    ...place,
    whole: z.boolean().optional().describe('With all that `faultline plan` prints.'),
  }),
  abort: strict({ action: z.literal('abort'), run: text, ...who }),
  resolve: strict({ action: z.literal('resolve'), run: text, by: text, why: text, force: z.boolean().optional() }),
  pause: strict({ action: z.literal('pause'), suite: suiteName, ...who }),
  unpause: strict({ action: z.literal('unpause'), suite: suiteName, ...who }),
}

function noAction(action: string): string {
  if (!switches.includes(action)) return notAllowed(action, Object.keys(actions))
  const payload = action === 'approve' ? '{"run":"…"}' : '{}'
  return `\`${action}\` is a function of its own: invoke faultline-STAGE-${action} with ${payload}`
}

/** What people may ask of `control`. */
export const controlInput = z.discriminatedUnion(
  'action',
  [
    actions.run,
    actions.inject,
    actions.test,
    actions.reap,
    actions.doctor,
    actions.sweep,
    actions.replay,
    actions.status,
    actions.plan,
    actions.abort,
    actions.resolve,
    actions.pause,
    actions.unpause,
  ],
  { error: ({ input }) => noAction(wordOf(Object(input).action)) },
)

export type SwitchInput = Omit<z.output<typeof haltInput>, 'action'>
export type ApproveInput = Omit<z.output<typeof approveInput>, 'action'>
export type StartInput = z.output<typeof startInput>
export type LookInput = z.output<typeof lookInput>
export type ControlInput = z.output<typeof controlInput>
