import { FaultlineError } from '../../domain/errors.ts'
import type { Keys } from './sigv4.ts'

/** Where a person's credentials and region come from: a profile of the AWS configuration, else what the SDK looks at by itself. */
export interface PersonOptions {
  readonly profile?: string | undefined
  readonly region?: string | undefined
}

/** A person's own credentials, kept until shortly before they expire. */
export type KeysSource = () => Promise<Keys>

/** The usual chain of credentials (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html). */
export async function keysOf({ profile }: PersonOptions): Promise<KeysSource> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  const provide = defaultProvider(profile === undefined ? {} : { profile })
  return async () => {
    try {
      return await provide()
    } catch (error) {
      throw noKeys(error, profile)
    }
  }
}

function noKeys(error: unknown, profile: string | undefined): FaultlineError {
  const { message } = Object(error) as { readonly message?: string }
  if (/expired|refresh|sso session|sign in|login/i.test(message ?? '')) {
    const how = `aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`
    return new FaultlineError('forbidden', `the AWS session is over: sign in again (${how}): ${message}`, { cause: error })
  }
  const where = profile === undefined ? 'set AWS_PROFILE, or the keys in the environment' : `profile ${profile}`
  return new FaultlineError('forbidden', `no AWS credentials (${where}): ${message}`, { cause: error })
}

/** The region that is said, else that of the environment, else that of the profile. @throws FaultlineError `bad_input` where none is */
export async function regionOf({ profile, region }: PersonOptions, name: string): Promise<string> {
  if (region !== undefined) return region
  const { loadConfig, NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS } = await import('@smithy/core/config')
  const fromEnvironment = process.env.AWS_DEFAULT_REGION
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, {
      ...NODE_REGION_CONFIG_FILE_OPTIONS,
      ...(profile === undefined ? {} : { profile }),
    })()
  } catch (error) {
    if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
    const message = `in which region is ${name}? Set AWS_REGION, the profile's region, or installations.${name}.region in faultline.config.json`
    throw new FaultlineError('bad_input', message, { cause: error })
  }
}
