import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type LocalAws, localPerson } from '../../sandbox/aws/local-aws.ts'
import type { Person } from '../../sandbox/aws/verify-signature.ts'
import { callUrl } from '../support/call-url.ts'
import { openWithRoles } from '../support/local-aws.ts'

const operator: Person = {
  accessKeyId: 'AKIAOPERATOR',
  secretAccessKey: 'secret',
  arn: 'arn:aws:sts::123456789012:assumed-role/Operator/bob',
}
let aws: LocalAws

beforeAll(async () => {
  aws = await openWithRoles({
    people: [localPerson, operator],
    authorizePerson: async ({ arn }, name) => (arn === operator.arn && !['look', 'halt'].includes(name) ? 'not allowed' : undefined),
  })
}, 60_000)

afterAll(async () => {
  await aws.close()
  expect(aws.refused).toEqual([])
})

const halted = async () => (await aws.store.controls.read({ id: '-', suite: '-' })).halt

describe('the URL of a function', () => {
  it('halts in the name of who signed the request, and keeps another name as a claim', async () => {
    const { status, answer } = await callUrl(aws, 'halt', { by: 'alice', why: 'incident' }, operator)
    expect([status, answer.happened]).toEqual([
      200,
      `everything is halted by ${operator.arn} (claimed: alice): 0 live runs revert now, and none starts`,
    ])
    expect(await halted()).toMatchObject({
      actor: { kind: 'aws', name: operator.arn, also: [{ kind: 'claimed', name: 'alice' }] },
      why: 'incident',
    })
  })

  it('does not lift a halt for a person whom IAM allows only to halt and to look', async () => {
    const { status, answer } = await callUrl(aws, 'resume', {}, operator)
    expect([status, answer]).toEqual([403, { message: 'Forbidden' }])
    expect(await halted()).not.toBeNull()
    expect((await callUrl(aws, 'look', { action: 'status' }, operator)).answer).toMatchObject({ halt: { why: 'incident' } })
    expect((await callUrl(aws, 'resume', {})).answer.happened).toBe(`${localPerson.arn} lifted the halt`)
    expect(await halted()).toBeNull()
  })

  it('starts a run in the name of who signed, once for an id, which a record shows as it goes on', async () => {
    const suite = {
      name: 'By URL',
      gracePeriod: 0,
      experiments: [{ name: 'Kill', type: 'node_failure', params: { failure_type: 'pod-delete' }, duration: 2 }],
    }
    const asked = { action: 'run', suite, id: 'once', by: 'alice' }
    const [first, second] = [await callUrl(aws, 'control', asked), await callUrl(aws, 'control', asked)]
    expect([first.answer.state, second.answer.run]).toEqual(['requested', first.answer.run])
    await aws.idle()
    const { answer } = await callUrl(aws, 'look', { action: 'record', run: first.answer.run })
    const { run, injections, history, more } = answer.record
    expect([run.status, run.trigger.actor.name, run.trigger.key, injections.length, more]).toEqual([
      'succeeded',
      localPerson.arn,
      'once',
      1,
      false,
    ])
    expect(history[0].message).toContain(`requested by ${localPerson.arn} (claimed: alice)`)
    const listed = await callUrl(aws, 'look', { action: 'runs' })
    expect(listed.answer.runs).toMatchObject([{ run: run.id, state: 'succeeded', driverLost: false, suite: 'By URL' }])
  })

  it('answers with what is wrong, where the console would be told by an error', async () => {
    expect(await callUrl(aws, 'look', { action: 'record', run: 'nope' })).toMatchObject({
      status: 422,
      answer: { error: { code: 'not_found', message: expect.stringContaining('there is no run "nope"; there are: ') } },
    })
    expect((await callUrl(aws, 'control', { action: 'halt' })).answer.error).toMatchObject({ code: 'bad_input' })
  })

  it('refuses who made up the caller: an event that says one is believed of the URL alone', async () => {
    const iam = { userArn: 'arn:aws:iam::123456789012:user/made-up' }
    const forged = { version: '2.0', requestContext: { http: { method: 'POST' }, authorizer: { iam } }, body: '{}' }
    expect(await aws.invoke('halt', forged)).toMatchObject({ statusCode: 422, body: expect.stringContaining('came another way') })
    expect(await halted()).toBeNull()
  })

  it('is Forbidden to a key that AWS does not know', async () => {
    expect((await callUrl(aws, 'halt', {}, { ...operator, accessKeyId: 'AKIAOTHER' })).status).toBe(403)
    expect(await halted()).toBeNull()
  })
})
