import * as z from 'zod'
import { quantityPattern } from '../domain/quantity.ts'
import type { Work } from '../domain/work.ts'
import { strict, textOf } from './strict-object.ts'

/** What a Job of a suite's own gets where its entry says nothing. */
export const workDefaults = {
  /** A user that no image gives anything to (that of `nonroot` in many of them). */
  user: 65_532,
  grace: 30,
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '512Mi' } },
} as const

const quantity = textOf(quantityPattern, 'a quantity such as "100m" or "64Mi"').refine(
  (text) => !text.startsWith('-'),
  'no amount below zero is a quantity such as "100m" or "64Mi"',
)
const quantities = z.record(z.string().min(1), quantity)
const words = (most: number) => z.array(z.string().max(20_000)).max(most)
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Of a load and of a Job that is a probe. */
export const workKeys = {
  image: textOf(/^\S{1,500}$/, 'an image, e.g. grafana/k6:1.4.0').describe('Image of its one container.'),
  command: words(100).min(1).optional().describe("In place of the image's entry point; no shell reads it."),
  args: words(100).default([]).describe('Arguments of the command.'),
  env: z
    .record(z.string(), z.string().max(100_000))
    .refine((found) => Object.keys(found).every((name) => variable.test(name)), 'a variable has letters, digits and "_" in its name')
    .default({})
    .describe('Environment, stored with the run as it is: no secrets.'),
  namespace: textOf(
    /^(?!kube-)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a namespace (lower case letters, digits and "-", at most 63; kube-… belongs to Kubernetes itself)',
  )
    .optional()
    .describe("Where its Job is; default: the run's namespace."),
  user: z.int().min(1).max(2_147_483_647).default(workDefaults.user).describe('Numeric user that it runs as; never root.'),
  resources: strict({ requests: quantities.optional(), limits: quantities.optional() })
    .default(workDefaults.resources)
    .describe('Requests and limits of its container.'),
}

/** A Job of a suite's own as the engine runs it. */
export function normaliseWork({ image, command, args, env, namespace, user, resources }: WorkFile): Work {
  return { image, command: command ?? null, args, env, namespace: namespace ?? null, user, resources }
}

type WorkFile = Omit<z.output<z.ZodObject<typeof workKeys>>, never>
