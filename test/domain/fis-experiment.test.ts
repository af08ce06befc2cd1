import { describe, expect, it } from '@jest/globals'
import type { FisExperiment, FisTarget } from '../../lib/domain/fis-experiment.ts'
import { judgeFis } from '../../lib/domain/fis-experiment.ts'
import type { Node } from '../../lib/domain/kube.ts'

const node = (name: string, providerID?: string): Node => ({
  ...{ apiVersion: 'v1', kind: 'Node', metadata: { name } },
  spec: providerID === undefined ? {} : { providerID },
})
const nodes = [node('one', 'aws:///eu-central-1a/i-0aa1'), node('two', 'aws:///eu-central-1b/i-0bb2'), node('laptop', 'kind://x/i-0cc3')]

function experiment(target: Partial<FisTarget>, resolved: FisExperiment['resolved'] = []): FisExperiment {
  return {
    id: 'EXP1',
    status: 'running',
    targets: [{ resourceType: 'aws:ec2:instance', resourceArns: [], parameters: {}, ...target }],
    resolved,
  }
}

const arn = (id: string) => `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`
const found = (id: string) => [{ resourceType: 'aws:ec2:instance', information: [arn(id)] }]

describe('an experiment of AWS FIS', () => {
  it.each([
    ['a node by its ARN', experiment({ resourceArns: [arn('i-0aa1')] }), 'AWS FIS is at work on node one (experiment EXP1, running)'],
    [
      'nodes that its tags came to',
      experiment({}, [...found('i-0aa1'), ...found('i-0bb2')]),
      'AWS FIS is at work on node one and on node two (experiment EXP1, running)',
    ],
    [
      'instances that are not known yet',
      experiment({}),
      'AWS FIS is at work on aws:ec2:instance, which may be nodes of this cluster (experiment EXP1, running)',
    ],
    [
      'a node group',
      experiment({ resourceType: 'aws:eks:nodegroup', resourceArns: ['arn:aws:eks:eu-central-1:123456789012:nodegroup/shop/a/b'] }),
      'AWS FIS is at work on aws:eks:nodegroup, which may be nodes of this cluster (experiment EXP1, running)',
    ],
    [
      'pods of the namespace',
      experiment({ resourceType: 'aws:eks:pod', parameters: { namespace: 'shop', clusterIdentifier: 'prod' } }),
      'AWS FIS is at work on pods of namespace shop of EKS cluster prod (experiment EXP1, running)',
    ],
  ])('keeps a run out that it might meet: %s', (_, one, text) => {
    expect(judgeFis([one], nodes, 'shop')).toEqual({ against: [`${text}: wait until it is over, or stop it`], beside: [] })
  })

  it.each([
    ['other instances', experiment({ resourceArns: [arn('i-0dd4'), arn('i-0aa11')] })],
    ['an instance of which a node of another provider has the name', experiment({ resourceArns: [arn('i-0cc3')] })],
    ['a database', experiment({ resourceType: 'aws:rds:cluster', resourceArns: ['arn:aws:rds:eu-central-1:123456789012:cluster:i-0aa1'] })],
    ['pods of another namespace', experiment({ resourceType: 'aws:eks:pod', parameters: { namespace: 'bank' } })],
  ])('is only told where it acts on %s', (_, one) => {
    expect(judgeFis([one], nodes, 'shop')).toEqual({ against: [], beside: ['AWS FIS is at work elsewhere (experiment EXP1, running)'] })
  })
})
