import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const folder = new URL('../monitoring/', import.meta.url)
const file = fileURLToPath(new URL('prometheusrule.yaml', folder))

/** The plain rules as the custom resource that the Prometheus Operator reads. */
export async function generatePrometheusRule(): Promise<string> {
  const { groups } = parse(await readFile(new URL('prometheus-rules.yaml', folder), 'utf8')) as { readonly groups: unknown }
  const resource = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'faultline', namespace: 'monitoring', labels: { release: 'kube-prometheus-stack' } },
    spec: { groups },
  }
  return `# Generated from prometheus-rules.yaml: node scripts/generate-monitoring.ts\n${stringify(resource, { lineWidth: 140 })}`
}

if (import.meta.main) {
  const fresh = await generatePrometheusRule()
  if (!process.argv.includes('--check')) await writeFile(file, fresh)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
    console.error('monitoring/prometheusrule.yaml is stale: run `node scripts/generate-monitoring.ts`')
    process.exitCode = 1
  }
}
