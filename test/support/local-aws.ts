import { readFileSync } from 'node:fs'
import { template } from '../../deploy/aws/template.ts'
import { type Deployment, readDeployment } from '../../functions/shared/deployment.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'
import type { FunctionShortName } from '../../sandbox/aws/lambda.ts'
import { LocalAws, type LocalAwsOptions } from '../../sandbox/aws/local-aws.ts'
import type { TemplateResources } from './cloudformation.ts'
import { functionRoles, type Role } from './iam.ts'

/** What `npm run package` made. */
export function packagedResources(): TemplateResources {
  return JSON.parse(readFileSync('.serverless/cloudformation-template-update-stack.json', 'utf8')).Resources
}

/** The roles that the package has; those that it would have with other keys in faultline.config.json. */
export function rolesWith(
  deployment: Partial<Deployment> | undefined,
  watched: readonly CloudWatchSource[] = [],
): Readonly<Record<FunctionShortName, Role>> {
  if (deployment === undefined) return functionRoles(packagedResources())
  const made = template('dev', { ...readDeployment('faultline.config.json', 'dev'), ...deployment }, [], watched)
  return functionRoles({ ...packagedResources(), ...(made.Resources as unknown as TemplateResources) })
}

/** The packaged functions, each of which may call what its role allows, as on AWS. `refused` names what a role did not allow. */
export async function openWithRoles(
  options: Partial<LocalAwsOptions> = {},
  roles: Readonly<Record<string, Role>> = rolesWith(options.deployment),
): Promise<LocalAws> {
  const authorize: LocalAwsOptions['authorize'] = async (call) => {
    // Keys that STS gave are another account's role's, which docs/deploy-eks.md lets do this one thing.
    if (call.caller.startsWith('ASIA') && call.action === 'eks:DescribeCluster') return undefined
    const role = roles[call.caller]
    return role === undefined ? `${call.caller} has no role` : role.refusal(call)
  }
  return LocalAws.open({ directory: '.serverless', authorize, ...options })
}
