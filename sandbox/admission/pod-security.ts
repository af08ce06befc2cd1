import type { Container, Dict, PodSpec } from '../wire.ts'

interface Finding {
  readonly id: string
  readonly detail: string
}

const containersOf = (spec: PodSpec): Container[] => [...(spec.initContainers ?? []), ...spec.containers]

function named(containers: readonly Container[]): string {
  const names = containers.map((container) => `"${container.name}"`)
  return names.length === 1 ? `container ${names[0]}` : `containers ${names.join(', ')}`
}

function baseline(spec: PodSpec): Finding[] {
  const found: Finding[] = []
  const host = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true)
  if (host.length > 0) found.push({ id: 'host namespaces', detail: host.map((field) => `${field}=true`).join(', ') })
  const paths = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined)
  if (paths.length > 0) found.push({ id: 'hostPath volumes', detail: paths.map((volume) => `volume "${String(volume.name)}"`).join(', ') })
  const privileged = containersOf(spec).filter((container) => container.securityContext?.privileged === true)
  if (privileged.length > 0) found.push({ id: 'privileged', detail: `${named(privileged)} must not set securityContext.privileged=true` })
  return found
}

function restricted(spec: PodSpec): Finding[] {
  const found = baseline(spec)
  const pod: Dict = spec.securityContext ?? {}
  const failing = (holds: (context: Dict) => boolean) => containersOf(spec).filter((container) => !holds(container.securityContext ?? {}))
  const add = (id: string, holds: (context: Dict) => boolean, must: string) => {
    const bad = failing(holds)
    if (bad.length > 0) found.push({ id, detail: `${named(bad)} must set ${must}` })
  }
  add(
    'allowPrivilegeEscalation != false',
    (context) => context.allowPrivilegeEscalation === false,
    'securityContext.allowPrivilegeEscalation=false',
  )
  const drops = (context: Dict) => ((context.capabilities as Dict | undefined)?.drop as string[] | undefined)?.includes('ALL') === true
  add('unrestricted capabilities', drops, 'securityContext.capabilities.drop=["ALL"]')
  if (pod.runAsNonRoot !== true)
    add('runAsNonRoot != true', (context) => context.runAsNonRoot === true, 'securityContext.runAsNonRoot=true')
  const profile = (context: Dict) => ['RuntimeDefault', 'Localhost'].includes(String((context.seccompProfile as Dict | undefined)?.type))
  if (!profile(pod)) add('seccompProfile', profile, 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"')
  return found
}

/** Why a namespace's Pod Security level refuses a pod, worded as the real admission does; undefined when it does not. */
export function podSecurityRefusal(level: string | undefined, spec: PodSpec): string | undefined {
  if (level !== 'restricted' && level !== 'baseline') return undefined
  const found = level === 'restricted' ? restricted(spec) : baseline(spec)
  if (found.length === 0) return undefined
  return `violates PodSecurity "${level}:latest": ${found.map(({ id, detail }) => `${id} (${detail})`).join(', ')}`
}
