import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { faultline } from '../cli/fake-terminal.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const documents = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS())
const all = documents('deploy/runner/runner.yaml')
const ofKind = (kind: string) => all.find((object) => object.kind === kind)
const job = ofKind('CronJob').spec.jobTemplate.spec
const pod = job.template.spec
const [container] = pod.containers

/** Options of a command line that the command does not know. */
async function unknownOptions(words: readonly string[]): Promise<readonly string[]> {
  const { out } = await faultline([words[0] ?? '', '--help'])
  return words.filter((word) => word.startsWith('--') && !new RegExp(`^ +(-\\w, )?${word}[ \\n]`, 'm').test(out))
}

describe('the runner inside a cluster', () => {
  it('gives the command only what it knows', async () => {
    expect(await unknownOptions(container.args)).toEqual([])
    expect(await unknownOptions(['run', '--nonesuch'])).toEqual(['--nonesuch'])
  })

  it('goes on with the same run in the next pod, and makes none again of one that is over', () => {
    expect(container.args[container.args.indexOf('--id') + 1]).toBe('$(JOB)')
    expect(container.env).toContainEqual({
      name: 'JOB',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
    })
    expect(job.podFailurePolicy.rules).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: container.name, operator: 'In', values: [1] } },
    ])
    expect(job.backoffLimit).toBeGreaterThanOrEqual(5)
  })

  it('uses the account, the namespace and the claim that are there', () => {
    const accounts = documents('deploy/rbac.yaml').filter(({ kind }) => kind === 'ServiceAccount')
    expect(accounts.map(({ metadata }) => metadata)).toContainEqual({
      name: pod.serviceAccountName,
      namespace: ofKind('CronJob').metadata.namespace,
    })
    const claims = pod.volumes.flatMap((volume: { persistentVolumeClaim?: { claimName: string } }) => volume.persistentVolumeClaim ?? [])
    expect(claims).toEqual([{ claimName: ofKind('PersistentVolumeClaim').metadata.name }])
    const mounts = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)
    expect(mounts).toContain(/FAULTLINE_STATE=(\S+)/.exec(read('deploy/runner/Dockerfile'))?.[1])
  })

  it('bears no label of a run, and is what the restricted profile of Pod Security asks for', () => {
    expect(JSON.stringify(all)).not.toContain('app.kubernetes.io/managed-by')
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
  })
})

describe('the image of the runner', () => {
  it('has what the package has', () => {
    const { files } = JSON.parse(read('package.json')) as { readonly files: readonly string[] }
    const copied = [...read('deploy/runner/Dockerfile').matchAll(/^COPY --from=build \/src\/(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' /src/'),
    )
    for (const name of ['bin', 'dist', 'experiments']) {
      expect(files).toContain(name)
      expect(copied).toContain(name)
    }
    expect(copied).toContain('package.json')
  })
})

describe('the workflow for GitHub Actions', () => {
  const steps = parse(read('docs/github-actions.yaml')).jobs['game-day'].steps as readonly { readonly run?: string }[]
  const commands = steps.flatMap(({ run = '' }) => run.split('\n').filter((line) => line.startsWith('npx faultline ')))

  it('gives the commands only what they know', async () => {
    expect(commands.length).toBe(2)
    for (const command of commands) expect(await unknownOptions(command.split(' ').slice(2))).toEqual([])
  })
})
