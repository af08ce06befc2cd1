import { describe, expect, it } from '@jest/globals'
import { noticeKinds } from '../../lib/domain/notice.ts'
import { alertDocument } from '../../lib/report/alert-document.ts'
import { alertText } from '../../lib/report/alert-text.ts'
import { noticeOf, stepWith } from '../support/notices.ts'

const page = noticeOf('undo.unproven', {
  severity: 'critical',
  at: Date.UTC(2026, 0, 5, 9, 3, 10),
  step: stepWith(2),
  message: 'undo not proven yet: network-partition on db-0: the pod is still cut off',
  data: { since: Date.UTC(2026, 0, 5, 9, 1, 5), attempts: 42 },
})

describe('the text of an alert', () => {
  it('says on a phone what, where, since when, what was done, what to do, and the commands', () => {
    expect(alertText(page, 'https://reports.example/quick.html').body).toBe(`CRITICAL: COULD NOT BE UNDONE
undo not proven yet: network-partition on db-0: the pod is still cut off

What:   network-partition on db-0, db-1 (suite "Quick", step 1 "Cut")
Where:  cluster prod-eu, namespace jadevectordb-system
Since:  2026-01-05T09:01:05Z, for 2 min 5 s (run began 2026-01-05T09:00:00Z)
Done:   Tried 42 times; tries go on while a driver or a reaper runs.
To do:  Look at the targets now. End all chaos with the last command, then reap. Resolve only what can never be proven.
Report: https://reports.example/quick.html

Look at it:
  faultline show quick-20260105-090000-abcdefgh
Try again:
  faultline reap
When it can never be proven:
  faultline resolve quick-20260105-090000-abcdefgh --by NAME --why "..."
End all chaos, from anywhere, with a kubeconfig of cluster prod-eu:
  kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline

run quick-20260105-090000-abcdefgh
`)
  })

  it('says of a whole run that it is over, and how', () => {
    const notice = noticeOf('run.finished', {
      severity: 'warning',
      message: 'failed: Cut: forbidden',
      data: { verdict: 'failed', orphans: 2, unproven: false },
      run: { status: 'failed', simulated: true, cluster: 'sandbox' },
    })
    expect(alertText(notice).body).toBe(`WARNING: run failed
failed: Cut: forbidden

What:   suite "Quick"
Where:  cluster sandbox (simulated), namespace jadevectordb-system
Since:  2026-01-05T09:00:12Z (run began 2026-01-05T09:00:00Z)
Done:   Every fault is proven to be undone. 2 forgotten objects were removed.
To do:  Read the reasons above.

Look at it:
  faultline show quick-20260105-090000-abcdefgh
End all chaos, from anywhere, with a kubeconfig of cluster sandbox (simulated):
  kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline

run quick-20260105-090000-abcdefgh
`)
  })

  it.each([
    ['run.started', {}, 'Faultline: chaos started: Quick in prod-eu/jadevectordb-system'],
    ['undo.unproven', { severity: 'critical' }, 'Faultline CRITICAL: COULD NOT BE UNDONE: Quick in prod-eu/jadevectordb-system'],
    ['run.finished', { run: { status: 'no_effect' } }, 'Faultline: run no effect: Quick in prod-eu/jadevectordb-system'],
    [
      'run.started',
      { run: { suite: 'Prüfung à la carte' } },
      'Faultline: chaos started: Prufung a la carte in prod-eu/jadevectordb-system',
    ],
    [
      'run.started',
      { run: { suite: '混沌测试' } },
      'Faultline: chaos started: quick-20260105-090000-abcdefgh in prod-eu/jadevectordb-system',
    ],
    ['run.started', { run: { suite: 'Chaos 🔥 day\n2' } }, 'Faultline: chaos started: Chaos ? day 2 in prod-eu/jadevectordb-system'],
    ['run.started', { run: { suite: 'x'.repeat(100) } }, `Faultline: chaos started: ${'x'.repeat(40)}... in prod-eu/jadevectordb-system`],
  ] as const)('has for a subject what a mail list shows: %s %j', (kind, change, subject) => {
    expect(alertText(noticeOf(kind, change)).subject).toBe(subject)
  })

  it('never has a subject that SNS refuses, whatever the names', () => {
    const names = ['', '\u0000\u001b[31m', '\u202e', 'é'.repeat(100), '測'.repeat(100), ' \t ', 'a'.repeat(500)]
    for (const kind of noticeKinds) {
      for (const name of names) {
        const { subject, sms } = alertText(
          noticeOf(kind, { severity: 'critical', run: { suite: name, cluster: name || 'c' }, message: name }),
        )
        expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/)
        expect(sms).toMatch(/^[\x20-\x7e]{1,140}$/)
      }
    }
  })

  it('names how to end all chaos in every alert', () => {
    for (const kind of noticeKinds) {
      expect(alertText(noticeOf(kind)).body).toContain('kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline')
    }
  })

  it('names the commands of the place that runs are driven from', () => {
    const commands = {
      show: (run: string) => `SHOW ${run}`,
      abort: () => 'ABORT',
      reap: () => 'REAP',
      approve: (run: string, plan: string) => `APPROVE ${run} ${plan}`,
      resolve: () => 'RESOLVE',
    }
    const { body } = alertText(page, null, commands)
    const asked = alertText(
      { ...noticeOf('approval.needed'), data: { plan: 'a'.repeat(64), expiresAt: Date.UTC(2026, 0, 5, 10) } },
      null,
      commands,
    ).body
    expect(asked).toContain(`  APPROVE ${page.run.id} ${'a'.repeat(12)}\n`)
    expect(asked).toContain('Approve it until 2026-01-05T10:00:00Z')
    expect([`SHOW ${page.run.id}`, 'REAP', 'RESOLVE'].filter((command) => !body.includes(`  ${command}\n`))).toEqual([])
    expect(body).not.toMatch(/faultline (show|reap|resolve)/)
  })

  it('names five targets and counts the rest', () => {
    const { body } = alertText({ ...page, step: stepWith(300) })
    expect(body).toContain('network-partition on db-0, db-1, db-2, db-3, db-4 and 295 more (suite')
  })
})

describe('an alert for machines', () => {
  it('says the same, with times that sort', () => {
    expect(alertDocument(page)).toEqual({
      schemaVersion: 1,
      id: 'quick-20260105-090000-abcdefgh#7#0',
      kind: 'undo.unproven',
      severity: 'critical',
      topic: 'quick-20260105-090000-abcdefgh/undo.unproven',
      at: '2026-01-05T09:03:10.000Z',
      run: {
        id: 'quick-20260105-090000-abcdefgh',
        suite: 'Quick',
        cluster: 'prod-eu',
        clusterUid: 'c0ffee',
        namespace: 'jadevectordb-system',
        simulated: false,
        status: 'holding',
        requestedAt: '2026-01-05T09:00:00.000Z',
      },
      step: { index: 0, name: 'Cut', fault: 'network-partition', targets: ['db-0', 'db-1'], targetCount: 2 },
      message: 'undo not proven yet: network-partition on db-0: the pod is still cut off',
      data: { since: 1_767_603_665_000, attempts: 42 },
      reportUrl: null,
      haltCommand: 'kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
    })
  })

  it('names the kubeconfig that the line which ends all chaos is meant for, and whose it is', () => {
    const haltCommand =
      'kubectl --kubeconfig /home/ana/.kube/config --context prod delete jobs -A -l app.kubernetes.io/managed-by=faultline'
    const { body } = alertText({ ...page, haltCommand })
    expect(body).toContain(`  ${haltCommand}\n`)
    expect(body).toContain('its kubeconfig is that of the machine that runs this; any other of that cluster will do')
    expect(alertDocument({ ...page, haltCommand })).toMatchObject({ haltCommand })
  })

  it('acts on no terminal that it is read in', () => {
    const { body } = alertText({ ...page, message: 'the body was \u001b[2J\u0000' })
    expect(body).toContain('the body was \\u001b[2J\\u0000\n')
  })

  it('cuts no character in two', () => {
    const message = `${'x'.repeat(1_496)}${'🔥'.repeat(1_000)}`
    const { body, sms } = alertText({ ...page, message })
    const { data, message: short } = alertDocument({ ...page, message: `x${message}`, data: { text: `${'x'.repeat(1_999)}🔥` } })
    for (const text of [body, sms, short, String(data.text)]) expect(text.isWellFormed()).toBe(true)
  })

  it('stays small, however much there is to say', () => {
    const texts = Array.from({ length: 1_000 }, () => 'y'.repeat(10_000))
    const huge = alertDocument({ ...page, step: stepWith(10_000), message: texts.join(), data: { texts } })
    expect(JSON.stringify(huge).length).toBeLessThan(5_000)
    expect(huge).toMatchObject({ step: { targetCount: 10_000 }, data: { omitted: true } })
    expect(alertDocument({ ...page, data: { texts: ['z'.repeat(5_000)] } }).data).toEqual({ texts: ['z'.repeat(2_000)] })
  })
})
