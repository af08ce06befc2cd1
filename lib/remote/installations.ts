import * as z from 'zod'
import { strict } from '../suite/strict-object.ts'

const text = z.string().min(1)
const url = z.url({ protocol: /^https?$/ })

/**
 * Installations on AWS that a laptop knows by name, in `faultline.config.json`. Without an entry a name is a stage, in the region and with
 * the credentials that the environment names, and its stack tells the URLs.
 */
export const installationsSchema = z.record(
  text,
  strict({
    /** Its stage. @default the name */
    stage: text.optional(),
    region: text.optional(),
    /** A profile of the AWS configuration (`~/.aws/config`). */
    profile: text.optional(),
    /** For people who may not ask CloudFormation. */
    urls: strict({
      look: url.optional(),
      control: url.optional(),
      halt: url.optional(),
      resume: url.optional(),
      approve: url.optional(),
    }).optional(),
  }),
)
export type InstallationEntry = z.output<typeof installationsSchema>[string]
