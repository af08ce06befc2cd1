import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { expect, it } from '@jest/globals'
import { localAccount } from '../../sandbox/aws/aws-call.ts'

/** The policies that docs/deploy-eks.md gives for people, in its order. */
const [operator, owner] = [...readFileSync('docs/deploy-eks.md', 'utf8').matchAll(/```json\n(\{\n {2}"Version"[^`]+)```/g)].map(
  ([, text = '']) => JSON.parse(text),
)

const prefix = `arn:aws:lambda:eu-central-1:${localAccount}:function:faultline-prod`

async function isAllowed(policy: object, action: string, resource: string, contextVariables: Record<string, string>): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${localAccount}:user/ann`,
        action,
        resource: { resource, accountId: localAccount },
        contextVariables,
      },
      identityPolicies: [{ name: 'people', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  )
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
  return result.overallResult === 'Allowed'
}

/** What Lambda asks IAM for when a URL is called: both, of the alias behind it. */
async function mayCall(policy: object, name: string, authType = 'AWS_IAM'): Promise<boolean> {
  const asked = [
    isAllowed(policy, 'lambda:InvokeFunctionUrl', `${prefix}-${name}:url`, { 'lambda:FunctionUrlAuthType': authType }),
    isAllowed(policy, 'lambda:InvokeFunction', `${prefix}-${name}:url`, { 'lambda:InvokedViaFunctionUrl': 'true' }),
  ]
  return (await Promise.all(asked)).every((allowed) => allowed)
}

const names = ['look', 'halt', 'control', 'resume', 'start', 'advance', 'reap']

it.each([
  ['an operator', operator, ['look', 'halt']],
  ['an owner', owner, ['look', 'halt', 'control', 'resume']],
])('the policy of %s lets a person call %j by their URLs, and find these, and nothing else', async (_, policy, allowed) => {
  const called = await Promise.all(names.map(async (name) => ((await mayCall(policy, name)) ? [name] : [])))
  expect(called.flat()).toEqual(allowed)
  const stack = (name: string) => `arn:aws:cloudformation:eu-central-1:${localAccount}:stack/${name}/1a2b`
  expect(await isAllowed(policy, 'cloudformation:DescribeStacks', stack('faultline-prod'), {})).toBe(true)
  expect(await isAllowed(policy, 'cloudformation:DescribeStacks', stack('other'), {})).toBe(false)
  for (const name of allowed) {
    expect(await mayCall(policy, name, 'NONE')).toBe(false)
    for (const arn of [`${prefix}-${name}`, `${prefix}-${name}:url`])
      expect(await isAllowed(policy, 'lambda:InvokeFunction', arn, { 'lambda:InvokedViaFunctionUrl': 'false' })).toBe(false)
  }
})
