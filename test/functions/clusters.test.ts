import { expect, it } from '@jest/globals'
import { Clusters } from '../../functions/shared/clusters.ts'
import type { Settings } from '../../functions/shared/settings.ts'
import { FaultlineError, KubernetesError } from '../../lib/domain/errors.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { nine } from '../contracts/records.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

it('a cluster is known while a process is warm, and known anew after ten minutes: it may have been made again under its name', async () => {
  const clock = new VirtualClock(nine)
  const first = await startSandbox({ workload: false, seed: 1 })
  const { url } = first
  const clusters = new Clusters({ region: 'eu-central-1', deployment: { clusters: { embedded: { url } } } } as unknown as Settings, clock)
  const before = await clusters.reach()
  await first.close()
  const second = await startSandbox({ workload: false, seed: 2, port: Number(new URL(url).port) })
  try {
    expect((await clusters.reach()).ref.uid).toBe(before.ref.uid)
    await clock.advance(600_000)
    expect((await clusters.reach()).ref.uid).not.toBe(before.ref.uid)
    await expect(clusters.connect(before.ref)).rejects.toMatchObject({ code: 'refused' })
  } finally {
    await second.close()
  }
})

it('an EKS cluster that was deleted is gone, also when another bears its name; one that does not answer is not', async () => {
  const clock = new VirtualClock(nine)
  const answers = await startSandbox({ workload: false, seed: 3 })
  const { openConnection } = await import('../../lib/adapters/kubernetes/connect.ts')
  const noCredentials = { read: async () => ({ headers: {}, tls: {} }), renew: () => false }
  const found = openConnection({ name: 'prod', server: answers.url, skipTLSVerify: false }, noCredentials)
  const settings = { region: 'eu-central-1', deployment: { clusters: {} } } as unknown as Settings
  const ref = {
    uid: 'c0ffee',
    name: 'prod',
    via: { kind: 'eks', name: 'prod', region: 'eu-central-1', roleArn: null },
    simulated: false,
  } as const
  const connect = (open: () => Promise<typeof found>) => new Clusters(settings, clock, open).connect(ref)
  const failing = (error: Error) => () => Promise.reject(error)
  try {
    await expect(connect(failing(new FaultlineError('not_found', 'No cluster found for name: prod.')))).rejects.toMatchObject({
      code: 'cluster_gone',
      message: 'cluster prod is gone: No cluster found for name: prod.',
    })
    await expect(connect(async () => found)).rejects.toMatchObject({ code: 'cluster_gone' })
    await expect(connect(failing(new FaultlineError('unavailable', 'no such host')))).rejects.toMatchObject({ code: 'unavailable' })
    await expect(connect(failing(new KubernetesError('not_found', 404, 'no namespace')))).rejects.toMatchObject({ code: 'not_found' })
  } finally {
    await found.close()
    await answers.close()
  }
})
