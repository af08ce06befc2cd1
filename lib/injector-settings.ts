import * as z from 'zod'
import type { Config } from './config.ts'
import { quantityPattern } from './domain/quantity.ts'
import { strict, textOf } from './suite/strict-object.ts'

const form = 'a quantity such as "100m" or "64Mi"'
const quantity = textOf(quantityPattern, form).refine((text) => !text.startsWith('-'), `no amount below zero is ${form}`)
const quantities = z.record(z.string().min(1), quantity)
const objectName = textOf(/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/, 'a name in Kubernetes: up to 253 of a-z, 0-9, "-" and "."')

/** As Kubernetes has them: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
const toleration = strict({
  key: z.string().min(1).optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.number().int().min(0).optional(),
})

/** What the owner of an installation says about the injectors' pods; everything has a default but the image. */
export const injectorSchema = strict({
  image: z.string().regex(/^\S+$/, 'expected an image, e.g. registry.example/faultline-injector:1').optional(),
  namespace: textOf(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'a namespace: up to 63 of a-z, 0-9 and "-"').optional(),
  pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).optional(),
  /** Secrets in that namespace. */
  pullSecrets: z.array(objectName).optional(),
  /** Of each of its two containers. */
  resources: strict({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
  /** In place of the default, which tolerates everything: a fault's target may be on any node. */
  tolerations: z.array(toleration).optional(),
})

export type InjectorSettings = z.output<typeof injectorSchema>

/** The defaults with what was said. */
export function injectorConfig(defaults: Config['injector'], said: InjectorSettings): Config['injector'] {
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
