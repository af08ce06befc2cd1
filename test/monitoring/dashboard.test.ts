import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { describeWith, runTool } from '../support/tools.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

interface Dashboard {
  readonly schemaVersion: number
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] }
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] }
  readonly panels: readonly Panel[]
}

const dashboard = JSON.parse(readFileSync('monitoring/grafana-dashboard.json', 'utf8')) as Dashboard
const expressions = [
  ...dashboard.panels.flatMap((panel) => panel.targets?.map((target) => target.expr) ?? []),
  ...dashboard.annotations.list.map((annotation) => annotation.expr),
]

/** Every metric that is exported, without the suffixes of histograms. */
const metrics = [
  'chaos_detection_seconds',
  'chaos_experiment_active',
  'chaos_experiment_duration_seconds',
  'chaos_experiments_total',
  'chaos_faults_failed_total',
  'chaos_faults_injected_total',
  'chaos_faults_no_effect_total',
  'chaos_faults_reverted_total',
  'chaos_inject_lateness_seconds',
  'chaos_last_run_timestamp_seconds',
  'chaos_orphans_total',
  'chaos_probe_tolerance_max',
  'chaos_probe_tolerance_min',
  'chaos_probe_value',
  'chaos_probe_within',
  'chaos_recovery_seconds',
  'chaos_resilience_score',
  'chaos_revert_lateness_seconds',
  'chaos_revert_unproven',
  'chaos_run_deadline_timestamp_seconds',
]

describe('the Grafana dashboard', () => {
  it('shows every metric and no other', () => {
    const shown = expressions.flatMap((expr) => expr.match(/chaos_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''))
    expect([...new Set(shown)].sort()).toEqual(metrics)
  })

  it('works with any Prometheus: each panel asks the one that is chosen', () => {
    expect(dashboard.schemaVersion).toBe(42)
    const asked = dashboard.panels.flatMap((panel) =>
      [panel, ...(panel.targets ?? [])].flatMap((part) => ('datasource' in part ? [part.datasource?.uid] : [])),
    )
    expect(new Set(asked)).toEqual(new Set(['$' + '{datasource}']))
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['suite', 'query'],
      ['probe', 'query'],
    ])
  })

  it('has panels that do not overlap, each with an id of its own', () => {
    const ids = dashboard.panels.map((panel) => panel.id)
    expect(new Set(ids).size).toBe(ids.length)
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  })
})

describeWith(['promtool'], 'promtool on the dashboard', () => {
  it('understands every query', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-dashboard-'))
    const queries = expressions.map((expr) => expr.replaceAll('$__range', '1h'))
    const rules = queries.map((expr, i) => ({ record: `query_${i}`, expr }))
    await writeFile(join(directory, 'queries.yaml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }))
    const { code, out } = await runTool('promtool', ['check', 'rules', join(directory, 'queries.yaml')])
    await rm(directory, { recursive: true })
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(`${queries.length} rules found`) })
  })
})
