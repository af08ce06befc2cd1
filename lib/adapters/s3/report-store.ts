import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { FaultlineError } from '../../domain/errors.ts'
import type { ReportStore } from '../../ports.ts'
import { awsError } from '../aws/errors.ts'

/** What a link in a message leads to. */
export type ReportLink =
  /**
   * Opens for everyone who has the link, for `seconds` (7 days at most); ends earlier where the credentials that signed it do: those of a Lambda's
   * role last for some hours.
   */
  | { readonly kind: 'presigned'; readonly seconds: number }
  /** The object in the AWS console: never ends, asks for a login. */
  | { readonly kind: 'console' }

export interface S3ReportStoreOptions {
  readonly bucket: string
  /** Put before every name: `faultline/`. */
  readonly prefix?: string
  /** Presigned for 12 hours when left out. */
  readonly link?: ReportLink
  /** AWS_REGION when left out. */
  readonly region?: string
  /** AWS's own, or AWS_ENDPOINT_URL, when left out. */
  readonly endpoint?: string
  /** The SDK's chain of providers when left out. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** For one report with all tries, in ms. */
  readonly timeoutMs?: number
}

/** The longest that IAM Identity Center's and most roles' sessions last; a link ends with the credentials that signed it in any case. */
const halfADaySeconds = 12 * 3_600

/** Reports in a bucket. The role needs `s3:PutObject` on the prefix, and `s3:GetObject` for presigned links. */
export function createS3ReportStore(options: S3ReportStoreOptions): ReportStore {
  const { bucket, prefix = '', link = { kind: 'presigned', seconds: halfADaySeconds }, timeoutMs = 10_000 } = options
  const client = clientOf(options)
  const linkTo = async (name: string) => {
    const key = `${prefix}${name}`
    if (link.kind === 'console') return consoleLink(await client.config.region(), bucket, key)
    return getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: link.seconds })
  }
  return {
    linkTo,
    has: async (name) => {
      const key = `${prefix}${name}`
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: AbortSignal.timeout(timeoutMs) })
        return true
      } catch (error) {
        if (isAbsent(error)) return false
        throw reportError(error, `look for report s3://${bucket}/${key}`)
      }
    },
    put: async (name, contentType, body) => {
      const key = `${prefix}${name}`
      const tried = `put report s3://${bucket}/${key}`
      try {
        const content = Buffer.from(body)
        const command = new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: content,
          ContentLength: content.length,
          ContentType: contentType,
        })
        await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
        return await linkTo(name)
      } catch (error) {
        throw reportError(error, tried)
      }
    },
  }
}

function clientOf({ region, endpoint, credentials, timeoutMs = 10_000 }: S3ReportStoreOptions): S3Client {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  return new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    // A name of our own in an endpoint has no wildcard DNS.
    forcePathStyle: (endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) !== undefined,
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: timeoutMs, throwOnRequestTimeout: true, socketTimeout: timeoutMs },
  })
}

function consoleLink(region: string, bucket: string, key: string): string {
  return `https://${region}.console.aws.amazon.com/s3/object/${bucket}?region=${region}&prefix=${encodeURIComponent(key)}`
}

/** Without `s3:ListBucket`, what is not there is forbidden (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html). */
function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && [403, 404].includes(error.$metadata.httpStatusCode ?? 0)
}

function reportError(error: unknown, tried: string): FaultlineError {
  const isMissing = Object(error).name === 'NoSuchBucket'
  return isMissing ? new FaultlineError('not_found', `${tried}: there is no such bucket`, { cause: error }) : awsError(error, tried)
}
