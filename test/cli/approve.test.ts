import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readApproval } from '../../cli/guards.ts'
import { defaultApproval, noApproval } from '../../lib/domain/approval.ts'
import type { ReportDocument } from '../../lib/report/document.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

const namespace = 'jadevectordb-system'
const params = { partition_type: 'all', mechanism: 'policy' }
const suite = { name: 'Cut', gracePeriod: 0, experiments: [{ name: 'Whole', type: 'network_partition', params, duration: 1 }] }
const approval = { simulated: true }
let place: Place
let file: string

beforeAll(async () => {
  place = await openPlace()
  file = await place.file('all.json', suite)
})

afterAll(() => place.close())

interface Sitting {
  /** What is typed at the terminal; left out: there is none. */
  readonly typed?: string
  readonly config?: object
}

async function asks({ typed, config = { approval } }: Sitting, ...args: readonly string[]) {
  const env = { FAULTLINE_CONFIG: await place.file('faultline.config.json', config) }
  return faultline([...args, ...place.flags], env, typed ?? '', typed !== undefined)
}

const run = (sitting: Sitting, ...more: readonly string[]) => asks(sitting, 'run', file, ...more)
const listed = async () => JSON.parse((await place.faultline('runs', '--json')).out).runs as readonly { run: string; state: string }[]

describe('a destructive run', () => {
  it('is refused without a terminal, on record, by a message that names the flag, and touches nothing', async () => {
    const before = place.footprint()
    const { code, out } = await run({}, '--json')
    const document = JSON.parse(out) as ReportDocument
    expect([code, document.verdict, document.refusals]).toEqual([
      2,
      'refused',
      [{ code: 'not_approved', step: null, message: expect.stringContaining(`"--confirm ${namespace}" approves what it would do there`) }],
    ])
    expect(place.footprint()).toEqual(before)
  })

  it('is not even recorded where the flag names another namespace', async () => {
    const before = (await listed()).length
    const { code, err } = await run({}, '--confirm', 'other')
    expect([code, err]).toEqual([2, expect.stringContaining(`--confirm names other, and the run is of namespace ${namespace}`)])
    expect(await listed()).toHaveLength(before)
  })

  it('is done where the flag names its namespace, and its report says who approved which plan', async () => {
    const { code, out } = await run({}, '--confirm', namespace, '--json')
    const document = JSON.parse(out) as ReportDocument
    expect([code, document.verdict, document.approvals]).toEqual([
      0,
      'succeeded',
      [
        {
          at: expect.any(String),
          by: expect.stringMatching(/.@./),
          why: `--confirm ${namespace}`,
          plan: expect.stringMatching(/^[0-9a-f]{64}$/),
          step: null,
        },
      ],
    ])
    const { out: text } = await place.faultline('report', document.run)
    expect(text).toMatch(/^Approved {3}.*@.*: --confirm jadevectordb-system \(plan [0-9a-f]{12}\)$/m)
    const { out: trail } = await place.faultline('audit', '--json')
    const entries = trail
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries.filter((one) => one.kind === 'approve')).toMatchObject([
      { run: { id: document.run }, data: { plan: document.approvals?.[0]?.plan } },
    ])
  })

  it.each([
    ['the name of its namespace', namespace, 0, 'SUCCEEDED'],
    ['anything else', 'yes', 2, 'REFUSED'],
    ['nothing', '', 2, 'REFUSED'],
  ])('shows what it would do and asks at a terminal: %s', async (_, typed, code, verdict) => {
    const ran = await run({ typed: `${typed}\n` })
    expect([ran.code, ran.out]).toEqual([code, expect.stringContaining(verdict)])
    expect(ran.out).toContain(
      '! Whole: network-partition for 1 s on Deployment jadevectordb: 3 of 3 pods (approval: it cuts off all targets;',
    )
    expect(ran.out).toContain(`Type ${namespace} to approve it, anything else to refuse: `)
  })

  it('asks nothing where the configuration wants no approval', async () => {
    expect((await run({ config: { approval: false } })).code).toBe(0)
  })
})

describe('a run that takes a second person', () => {
  const config = { approval, secondPerson: ['approve'] }

  it('stays waiting, is listed so, is not approved by who started it, and is done by another', async () => {
    const ran = await run({ config }, '--confirm', namespace)
    expect([ran.code, ran.out]).toEqual([2, expect.stringMatching(/WAITS {2}run \S+ waits for approval before it begins/)])
    const [waiting] = await listed()
    expect(waiting?.state).toBe('awaiting_approval')
    const id = waiting?.run ?? ''
    expect((await place.faultline('show', id)).out).toMatch(/^Waits for {2}approval of plan [0-9a-f]{12}, until /m)
    const own = await asks({ config }, 'approve', id, '--confirm', namespace)
    expect([own.code, own.err]).toEqual([2, expect.stringContaining('approve takes a second person')])
    const silent = await asks({}, 'approve', id)
    expect([silent.code, silent.err]).toEqual([2, expect.stringContaining(`"--confirm ${namespace}"`)])
    const declined = await asks({ typed: 'no\n' }, 'approve', id)
    expect([declined.code, declined.out]).toEqual([2, expect.stringContaining(`nothing was approved: run ${id} waits on`)])
    const { code, out } = await asks({}, 'approve', id, '--confirm', namespace, '--why', 'as agreed')
    expect([code, out]).toEqual([0, expect.stringContaining('SUCCEEDED')])
    const again = await asks({}, 'approve', id, '--confirm', namespace)
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('nothing of it waits for approval')])
  })
})

describe('what waits', () => {
  const read = async (config: object, stage?: string) =>
    readApproval({
      FAULTLINE_CONFIG: await place.file('read.json', config),
      ...(stage === undefined ? {} : { FAULTLINE_STAGE: stage }),
    })

  it('is said by the configuration file, or by its stage, and is as by default where it says nothing', async () => {
    expect(readApproval({})).toEqual(defaultApproval)
    expect(await read({ approval: false })).toEqual(noApproval)
    const stages = { prod: { approval: { kinds: ['pod-delete'], expires: 60 } } }
    expect(await read({ approval: { above: 30 }, stages })).toEqual({ ...defaultApproval, above: 30 })
    expect(await read({ approval: { above: 30 }, stages }, 'prod')).toEqual({
      ...defaultApproval,
      kinds: ['pod-delete'],
      expiresMs: 60_000,
    })
  })

  it.each([
    [{ approval: { expires: 59 } }, 'approval.expires'],
    [{ approval: { kinds: ['node-drian'] } }, 'approval.kinds.0'],
    [{ aproval: false }, 'did you mean `approval`'],
  ])('is refused where it cannot be read: %j', async (config, why) => {
    const ran = await run({ config })
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(why)])
  })
})
