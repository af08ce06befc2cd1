import type { FisExperiment, FisTarget } from '../../domain/fis-experiment.ts'
import type { CredentialsSource } from '../aws/credentials.ts'
import { type AwsCall, awsCall } from '../aws/signed-call.ts'

/** States of an experiment that is not over (https://docs.aws.amazon.com/fis/latest/APIReference/API_ExperimentState.html). */
const active: readonly unknown[] = ['pending', 'initiating', 'running', 'stopping']

export interface FisPlace {
  readonly region: string
  /** @default the usual chain */
  readonly credentials?: CredentialsSource
}

interface Page {
  readonly nextToken?: string | null
  readonly experiments?: readonly { readonly id?: string; readonly state?: { readonly status?: string } }[]
  readonly resolvedTargets?: readonly { readonly resourceType?: string; readonly targetInformation?: Readonly<Record<string, string>> }[]
}

/**
 * The experiments of an account and region that are not over, with what they act on
 * (https://docs.aws.amazon.com/fis/latest/APIReference/API_ListExperiments.html, API_GetExperiment.html, API_ListExperimentResolvedTargets.html).
 * @throws FaultlineError `forbidden`, `unavailable`
 */
export async function activeExperiments(place: FisPlace): Promise<readonly FisExperiment[]> {
  const pages = await pagesOf(place, '/experiments', 'list experiments of AWS FIS')
  const found = pages.flatMap(({ experiments = [] }) => experiments).filter(({ state }) => active.includes(state?.status))
  return Promise.all(found.map(async ({ id = '', state }) => ({ id, status: String(state?.status), ...(await actsOn(place, id)) })))
}

async function actsOn(place: FisPlace, id: string): Promise<Pick<FisExperiment, 'targets' | 'resolved'>> {
  const path = `/experiments/${encodeURIComponent(id)}`
  const [{ experiment }, pages] = await Promise.all([
    call(place, path, `get experiment ${id} of AWS FIS`) as Promise<{
      readonly experiment?: { readonly targets?: Readonly<Record<string, Partial<FisTarget>>> }
    }>,
    pagesOf(place, `${path}/resolvedTargets`, `list what experiment ${id} of AWS FIS acts on`),
  ])
  const targets = Object.values(experiment?.targets ?? {}).map(({ resourceType = '', resourceArns = [], parameters = {} }) => ({
    ...{ resourceType, resourceArns, parameters },
  }))
  const resolved = pages
    .flatMap(({ resolvedTargets = [] }) => resolvedTargets)
    .map(({ resourceType = '', targetInformation = {} }) => ({ resourceType, information: Object.values(targetInformation) }))
  return { targets, resolved }
}

async function pagesOf(place: FisPlace, path: string, tried: string): Promise<readonly Page[]> {
  const pages: Page[] = []
  let token = ''
  do {
    const page = (await call(
      place,
      `${path}?maxResults=100${token === '' ? '' : `&nextToken=${encodeURIComponent(token)}`}`,
      tried,
    )) as Page
    pages.push(page)
    token = page.nextToken ?? ''
  } while (token !== '')
  return pages
}

async function call({ region, credentials }: FisPlace, path: string, tried: string): Promise<object> {
  const request: AwsCall = { service: 'fis', region, path, tried: `${tried} in ${region}` }
  return Object(await awsCall(request, credentials === undefined ? {} : { credentials: await credentials() }))
}
