/** One target of an injector, as its environment names it. */
export interface InjectorTarget {
  readonly podUid: string
  readonly containerId: string
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** Parses FAULTLINE_TARGETS: one `<podUID> <containerID> <namespace>/<pod>/<container>` per line. */
export function parseTargets(text: string): InjectorTarget[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.map((line) => {
    const [podUid = '', containerId = '', path = ''] = line.split(/\s+/)
    const [namespace = '', pod = '', container = ''] = path.split('/')
    return { podUid, containerId, namespace, pod, container }
  })
}
