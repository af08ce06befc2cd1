import { FaultlineError } from '../../domain/errors.ts'
import type { EksSource } from '../../domain/run.ts'
import type { Clock } from '../../ports.ts'
import { clientOptions } from '../aws/client-options.ts'
import { type CredentialsSource, credentialsOf } from '../aws/credentials.ts'
import { awsError } from '../aws/errors.ts'
import { type ConnectedCluster, openConnection } from '../kubernetes/connect.ts'
import { EksAccess } from './eks-access.ts'

/** Where a cluster is and whom to believe, as DescribeCluster says. */
export interface EksAddress {
  readonly endpoint: string
  /** PEM in base64. */
  readonly caData: string
}

/**
 * Asks EKS for a cluster's endpoint and CA (https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html).
 * @throws FaultlineError `not_found`, `forbidden`, `unavailable`; `refused` while the cluster has no endpoint (it is being made)
 */
export async function describeEks(
  { name, region }: Pick<EksSource, 'name' | 'region'>,
  credentials: CredentialsSource,
): Promise<EksAddress> {
  const { EKSClient, DescribeClusterCommand } = await import('@aws-sdk/client-eks')
  const client = new EKSClient({ ...clientOptions(region), credentials })
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }))
    const { endpoint, certificateAuthority, status } = cluster ?? {}
    if (endpoint === undefined || certificateAuthority?.data === undefined) {
      throw new FaultlineError('refused', `EKS cluster ${name} in ${region} has no endpoint yet (it is ${status ?? 'in no known state'})`)
    }
    return { endpoint, caData: certificateAuthority.data }
  } catch (error) {
    throw awsError(error, `describe EKS cluster ${name} in ${region}`)
  } finally {
    client.destroy()
  }
}

/** Connects to an EKS cluster; `describe` is asked once, so keep the connection while the process is warm. */
export async function connectEks(source: EksSource, clock: Clock, describe = describeEks): Promise<ConnectedCluster> {
  const { name, region, roleArn } = source
  const credentials = await credentialsOf({ region, roleArn }, clock.now)
  const { endpoint, caData } = await describe(source, credentials)
  const access = new EksAccess({ cluster: name, region, caData, credentials, clock })
  const connection = openConnection({ name, server: endpoint, caData, skipTLSVerify: false }, access)
  return { ...connection, experiments: async () => (await import('../fis/experiments.ts')).activeExperiments({ region, credentials }) }
}
