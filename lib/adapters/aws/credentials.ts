import type { AwsCredentialIdentity } from '@smithy/types'
import { clientOptions } from './client-options.ts'
import { awsError } from './errors.ts'

/** Credentials that their provider renews. */
export type CredentialsSource = () => Promise<AwsCredentialIdentity>

export interface RoleOptions {
  readonly region: string | null
  /** Another account's role; null: the function's own. */
  readonly roleArn: string | null
}

/** How long before their end credentials are no longer used, so that none expires on its way. */
const marginMs = 5 * 60_000

/**
 * Credentials of the role to be assumed (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html), kept until shortly
 * before they expire; the SDK's own chain without one.
 */
export async function credentialsOf({ region, roleArn }: RoleOptions, now: () => number): Promise<CredentialsSource> {
  if (roleArn === null) return (await import('@aws-sdk/credential-provider-node')).defaultProvider()
  const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts')
  const sts = new STSClient(clientOptions(region))
  let kept: AwsCredentialIdentity | undefined
  return async () => {
    if (kept !== undefined && (kept.expiration?.getTime() ?? 0) - marginMs > now()) return kept
    try {
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'faultline', DurationSeconds: 3600 }),
      )
      const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken, Expiration } = Credentials ?? {}
      kept = {
        accessKeyId,
        secretAccessKey,
        ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
        ...(Expiration === undefined ? {} : { expiration: Expiration }),
      }
      return kept
    } catch (error) {
      throw awsError(error, `assume role ${roleArn}`)
    }
  }
}
