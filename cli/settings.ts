import type { Config } from '../lib/config.ts'
import { defaultConfig } from '../lib/config.ts'

/** Flags that say which cluster is meant. */
export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly context?: string
  readonly sandbox?: boolean
}

/** Flags that change what is put into the cluster. */
export interface ConfigFlags {
  readonly injectorImage?: string
  readonly injectorNamespace?: string
  readonly fuseImage?: string
  readonly pauseImage?: string
  readonly acceptNoFuse?: boolean
}

/** Flags of every command that reads or writes the state directory. */
export interface StateFlags {
  readonly state: string
  readonly json?: boolean
}

const sandboxImages = { injector: 'faultline.dev/sandbox/injector:1', kubectl: 'faultline.dev/sandbox/kubectl:1' } as const

/** The engine's settings from flags (which commander has filled from the environment); a simulated cluster knows its own images. */
export function configOf(flags: ConfigFlags, simulated: boolean): Config {
  const { injector, fuse } = defaultConfig
  return {
    ...defaultConfig,
    injector: {
      ...injector,
      image: flags.injectorImage ?? (simulated ? sandboxImages.injector : injector.image),
      namespace: flags.injectorNamespace ?? injector.namespace,
    },
    fuse: {
      ...fuse,
      image: flags.pauseImage ?? fuse.image,
      cordonImage: flags.fuseImage ?? (simulated ? sandboxImages.kubectl : fuse.cordonImage),
      acceptNoFuse: flags.acceptNoFuse ?? fuse.acceptNoFuse,
    },
  }
}
