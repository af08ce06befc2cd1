import { runSimulation } from '@cloud-copilot/iam-simulate'
import { type AwsCall, localAccount } from '../../sandbox/aws/aws-call.ts'
import type { FunctionShortName } from '../../sandbox/aws/lambda.ts'
import { resolved, type TemplateResources } from './cloudformation.ts'

interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
}

interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** What a condition asks for, by its key. */
type Context = Readonly<Record<string, string | string[]>>

/** A role of a template, as IAM evaluates it. */
export class Role {
  readonly statements: readonly Statement[]
  readonly #arn: string
  readonly #answers = new Map<string, Promise<string | undefined>>()
  readonly #made = new Map<string, { readonly call: AwsCall; readonly context: Context }>()

  constructor(id: string, resources: TemplateResources) {
    const role = resources[id]
    if (role?.Type !== 'AWS::IAM::Role') throw new Error(`${id} is no role of the template`)
    const { RoleName, Policies } = resolved(role.Properties, resources) as {
      readonly RoleName: string
      readonly Policies: readonly { readonly PolicyDocument: Policy }[]
    }
    this.#arn = `arn:aws:sts::${localAccount}:assumed-role/${RoleName}/faultline`
    this.statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
  }

  /** Why IAM refuses the call; undefined where it allows it. */
  refusal(call: AwsCall, context: Context = {}): Promise<string | undefined> {
    const key = `${call.action} ${call.resource}`
    this.#made.set(key, { call, context })
    const answer = this.#answers.get(key) ?? this.#simulate(call, this.statements, context)
    this.#answers.set(key, answer)
    return answer
  }

  /** Each action and each resource of each statement that no call of all that were evaluated needs. */
  async needless(): Promise<readonly string[]> {
    const found: string[] = []
    for (const statement of this.statements) {
      for (const part of ['Action', 'Resource'] as const) {
        for (const name of [statement[part]].flat()) {
          const left = { ...statement, [part]: [statement[part]].flat().filter((one) => one !== name) }
          const rest = this.statements.map((one) => (one === statement ? left : one)).filter((one) => one[part].length > 0)
          if (await this.#allowsAll(rest)) found.push(`${statement.Sid} ${name}`)
        }
      }
    }
    return found
  }

  async #allowsAll(statements: readonly Statement[]): Promise<boolean> {
    for (const { call, context } of this.#made.values()) {
      if ((await this.#simulate(call, statements, context)) !== undefined) return false
    }
    return true
  }

  async #simulate({ action, resource }: AwsCall, Statement: readonly Statement[], contextVariables: Context): Promise<string | undefined> {
    const result = await runSimulation(
      {
        request: { principal: this.#arn, action, resource: { resource, accountId: localAccount }, contextVariables },
        identityPolicies: [{ name: 'role', policy: { Version: '2012-10-17', Statement } }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(action.startsWith('kms:') ? { resourcePolicy: keyPolicy } : {}),
      },
      {},
    )
    if (result.resultType === 'error') return JSON.stringify(result.errors)
    return result.overallResult === 'Allowed' ? undefined : result.overallResult
  }
}

/** That of a key made in the console: it leaves what may be done with the key to the account's roles. Without one, KMS allows nothing. */
const keyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${localAccount}:root` }, Action: 'kms:*', Resource: '*' }],
}

/** The role of each function by the function's name. */
export function functionRoles(resources: TemplateResources): Readonly<Record<FunctionShortName, Role>> {
  return {
    start: new Role('StartRole', resources),
    advance: new Role('AdvanceRole', resources),
    reap: new Role('ReapRole', resources),
    look: new Role('LookRole', resources),
    control: new Role('ControlRole', resources),
    halt: new Role('HaltRole', resources),
    resume: new Role('ResumeRole', resources),
    approve: new Role('ApproveRole', resources),
  }
}
