import * as z from 'zod'
import { strict, textOf } from './suite/strict-object.ts'

const host = textOf(
  /^(\*|(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*)$/,
  'a host in lower case: shop.example.com, *.example.com, 10.0.0.7, fd00::7, or * for any',
)
const header = textOf(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'the name of a header')
const pem = z.string().regex(/^-----BEGIN [A-Z ]*CERTIFICATE-----/, 'expected a certificate as PEM, or where it is')

const places = ['secret', 'parameter', 'env', 'kubernetesSecret'] as const

/** Where a secret is; the text itself stands in no configuration. */
const reference = strict({
  /** Name or ARN in Secrets Manager. */
  secret: z.string().min(1).optional(),
  /** Name or ARN in SSM's Parameter Store; decrypted. */
  parameter: z.string().min(1).optional(),
  /** An environment variable. */
  env: textOf(/^[A-Za-z_]\w*$/, 'the name of an environment variable').optional(),
  /** A Secret of the cluster of the run. */
  kubernetesSecret: textOf(/^[a-z0-9-]+\/[a-z0-9.-]+$/, 'NAMESPACE/NAME of a Secret').optional(),
  /** Of a Kubernetes Secret, or of a secret that is JSON. */
  key: z.string().min(1).optional(),
  /** Put before it, e.g. `Bearer `. */
  prefix: z.string().max(100).optional(),
}).superRefine((said, context) => {
  const named = places.filter((place) => said[place] !== undefined)
  if (named.length !== 1)
    context.addIssue({
      code: 'custom',
      message: `exactly one of ${places.join(', ')} says where it is; found ${named.join(' and ') || 'none'}`,
    })
  if (said.kubernetesSecret !== undefined && said.key === undefined)
    context.addIssue({ code: 'custom', message: 'a Kubernetes Secret needs a `key`' })
})

/** Hosts that probes may ask, and what is sent to each; the first that fits counts. */
export const endpointsSchema = z
  .array(
    strict({
      host,
      port: z.int().min(1).max(65_535).optional(),
      headers: z.record(header, reference).optional(),
      ca: z.union([pem, reference]).optional(),
      certificate: z.union([pem, reference]).optional(),
      key: reference.optional(),
      insecureSkipVerify: z.boolean().optional(),
    }).superRefine(({ host: named, headers = {}, certificate, key, insecureSkipVerify }, context) => {
      if ((certificate === undefined) !== (key === undefined))
        context.addIssue({ code: 'custom', message: '`certificate` and `key` go together' })
      const secret = Object.keys(headers).length > 0 || key !== undefined
      if (named === '*' && secret)
        context.addIssue({
          code: 'custom',
          path: ['host'],
          message: '`*` would send secrets to any host that a suite names: name the host',
        })
      if (insecureSkipVerify === true && secret)
        context.addIssue({
          code: 'custom',
          path: ['insecureSkipVerify'],
          message: 'does not go with secrets: they would be sent to a server that is not known',
        })
    }),
  )
  .max(100)

export type Endpoint = z.output<typeof endpointsSchema>[number]
export type SecretReference = z.output<typeof reference>
