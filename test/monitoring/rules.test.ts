import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { generatePrometheusRule } from '../../scripts/generate-monitoring.ts'
import { describeWith, runTool } from '../support/tools.ts'

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[]
  }[]
}

const text = (name: string) => readFileSync(`monitoring/${name}`, 'utf8')
const testFiles = ['rules.test.yaml', 'rules-days.test.yaml'] as const
const rules = parse(text('prometheus-rules.yaml')) as Rules
const alerts = rules.groups.flatMap((group) => group.rules.map((rule) => rule.alert))

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-rules-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

describe('the alerts', () => {
  it('are the same for the Prometheus Operator as in the plain file', async () => {
    const resource = parse(text('prometheusrule.yaml')) as { readonly kind: string; readonly spec: Rules }
    expect(resource.kind).toBe('PrometheusRule')
    expect(resource.spec).toEqual(rules)
    expect(text('prometheusrule.yaml')).toBe(await generatePrometheusRule())
  })

  it('are each tested while they fire and while they do not', () => {
    const looks = testFiles.flatMap((name) => (parse(text(name)) as RuleTests).tests.flatMap((test) => test.alert_rule_test))
    const firing = looks.filter((look) => look.exp_alerts.length > 0).map((look) => look.alertname)
    const silent = looks.filter((look) => look.exp_alerts.length === 0).map((look) => look.alertname)
    expect([...new Set(firing)].sort()).toEqual([...alerts].sort())
    expect([...new Set(silent)].sort()).toEqual([...alerts].sort())
  })

  it('tell how to end all chaos wherever a fault may still be in place', () => {
    const dangerous = ['ChaosExperimentActive', 'ChaosRevertFailed', 'ChaosRunPastDeadline']
    const told = rules.groups.flatMap((group) =>
      group.rules.filter((rule) => JSON.stringify(rule).includes('kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline')),
    )
    expect(told.map((rule) => rule.alert)).toEqual(dangerous)
  })
})

describeWith(['promtool'], 'promtool', () => {
  it('finds the rules valid', async () => {
    const { code, out } = await runTool('promtool', ['check', 'rules', 'monitoring/prometheus-rules.yaml'])
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`SUCCESS: ${alerts.length} rules found`) })
  })

  it('sees every alert fire when it should, and only then', async () => {
    const { code, out } = await runTool('promtool', ['test', 'rules', ...testFiles.map((name) => `monitoring/${name}`)])
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('SUCCESS') })
  })

  it('sees it in those tests when an alert never fires', async () => {
    const broken = text('prometheus-rules.yaml').replace(/( +expr: ).*\n/, '$1vector(1) > 2\n')
    await writeFile(join(directory, 'prometheus-rules.yaml'), broken)
    await writeFile(join(directory, 'rules.test.yaml'), text('rules.test.yaml'))
    expect((await runTool('promtool', ['test', 'rules', join(directory, 'rules.test.yaml')])).code).toBe(1)
  })
})

describeWith(['amtool'], 'the Alertmanager example', () => {
  const route = async (...labels: readonly string[]) =>
    (await runTool('amtool', ['config', 'routes', 'test', '--config.file=monitoring/alertmanager.yaml', ...labels])).out.split('\n')[0]

  it('is valid', async () => {
    expect(await runTool('amtool', ['check-config', 'monitoring/alertmanager.yaml'])).toMatchObject({ code: 0 })
  })

  it('pages for an undo that failed and for a critical symptom, and tells the rest to channels', async () => {
    expect(await route('alertname=ChaosRevertFailed', 'product=faultline', 'severity=critical')).toBe('on-call')
    expect(await route('alertname=JadeVectorDBHighErrorRate', 'severity=critical')).toBe('on-call')
    expect(await route('alertname=ChaosExperimentActive', 'product=faultline', 'severity=info')).toBe('chaos-channel')
    expect(await route('alertname=ChaosOrphanFound', 'product=faultline', 'severity=warning')).toBe('chaos-channel')
    expect(await route('alertname=NodeCpuHigh', 'severity=warning')).toBe('team-channel')
  })
})

describe('the monitors', () => {
  it('let pushed labels win, so that an alert names the suite and not the gateway', () => {
    const [pushgateway] = parseAllDocuments(text('servicemonitor.yaml')).map((document) => document.toJS())
    expect(pushgateway).toMatchObject({ kind: 'ServiceMonitor', spec: { endpoints: [{ honorLabels: true }] } })
    expect(parse(text('podmonitor.yaml'))).toMatchObject({ kind: 'PodMonitor', spec: { podMetricsEndpoints: [{ honorLabels: true }] } })
  })
})
