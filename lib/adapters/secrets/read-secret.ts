import { FaultlineError } from '../../domain/errors.ts'
import type { SecretSource } from '../../domain/run.ts'
import { clientOptions } from '../aws/client-options.ts'
import type { CredentialsSource } from '../aws/credentials.ts'
import { awsError } from '../aws/errors.ts'

/**
 * The text of a secret or of a parameter (decrypted), read anew at every call.
 * @throws FaultlineError `not_found`, `forbidden`, `unavailable`; `bad_input` when it holds no text
 */
export async function readSecret(source: Pick<SecretSource, 'store' | 'id' | 'region'>, credentials: CredentialsSource): Promise<string> {
  const { store, id, region } = source
  try {
    const text =
      store === 'secrets-manager' ? await ofSecretsManager(id, region, credentials) : await ofParameterStore(id, region, credentials)
    if (text !== undefined && text.trim() !== '') return text
  } catch (error) {
    throw awsError(error, `read ${store} ${id} in ${region}`)
  }
  throw new FaultlineError('bad_input', `${store} ${id} in ${region} holds no text`)
}

async function ofSecretsManager(id: string, region: string, credentials: CredentialsSource): Promise<string | undefined> {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager')
  const client = new SecretsManagerClient({ ...clientOptions(region), credentials })
  return (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString
}

async function ofParameterStore(id: string, region: string, credentials: CredentialsSource): Promise<string | undefined> {
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm')
  const client = new SSMClient({ ...clientOptions(region), credentials })
  return (await client.send(new GetParameterCommand({ Name: id, WithDecryption: true }))).Parameter?.Value
}
