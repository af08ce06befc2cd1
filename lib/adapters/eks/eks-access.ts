import type { Clock } from '../../ports.ts'
import type { CredentialsSource } from '../aws/credentials.ts'
import type { Access, AccessSource } from '../kubernetes/access.ts'
import { eksToken } from './token.ts'

/** A token is good for 15 minutes (https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html). */
const usedForMs = 10 * 60_000

export interface EksAccessOptions {
  readonly cluster: string
  readonly region: string
  /** Base64 of the cluster's CA, as DescribeCluster gives it. */
  readonly caData: string
  readonly credentials: CredentialsSource
  readonly clock: Pick<Clock, 'now'>
}

/** Lets calls into an EKS cluster: one token for all of them, renewed well before it ends, and at once when it is refused. */
export class EksAccess implements AccessSource {
  readonly caller: string
  readonly #options: EksAccessOptions
  #current: { readonly access: Promise<Access>; readonly madeAt: number } | undefined
  #last: Access | undefined

  constructor(options: EksAccessOptions) {
    this.#options = options
    this.caller = `the role that was to enter EKS cluster ${options.cluster} in ${options.region}: is there an access entry for it?`
  }

  read(): Promise<Access> {
    const now = this.#options.clock.now()
    if (this.#current === undefined || Math.abs(now - this.#current.madeAt) >= usedForMs) {
      const made = { access: this.#make(now), madeAt: now }
      this.#current = made
      made.access.then(
        (access) => {
          this.#last = access
        },
        () => {
          if (this.#current === made) this.#current = undefined
        },
      )
    }
    return this.#current.access
  }

  renew(refused: Access): boolean {
    if (this.#last?.headers.Authorization === refused.headers.Authorization) this.#current = undefined
    return true
  }

  async #make(now: number): Promise<Access> {
    const { cluster, region, caData, credentials } = this.#options
    const token = await eksToken({ cluster, region, credentials: await credentials(), now })
    return { headers: { Authorization: `Bearer ${token}` }, tls: { ca: Buffer.from(caData, 'base64') } }
  }
}
