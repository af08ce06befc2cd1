import { readFileSync } from 'node:fs'
import type { Config, PrometheusConfig } from '../lib/config.ts'
import { defaultConfig } from '../lib/config.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import { type InjectorSettings, injectorConfig, injectorSchema } from '../lib/injector-settings.ts'
import { simulatedImages } from '../lib/simulated-images.ts'
import { checked } from '../lib/suite/parse-with-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Flags that say which cluster is meant. */
export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly context?: string
  readonly sandbox?: boolean
}

/** Flags that change what is put into the cluster. */
export interface ConfigFlags {
  readonly injector?: string
  readonly injectorImage?: string
  readonly injectorNamespace?: string
  readonly fuseImage?: string
  readonly pauseImage?: string
  readonly acceptNoFuse?: boolean
  readonly prometheusUrl?: string
  readonly prometheusTokenFile?: string
  readonly prometheusUser?: string
  readonly prometheusSigv4Region?: string
}

/** Flags that say who is told of a run. */
export interface TellingFlags {
  readonly snsTopic?: string
  readonly pushgatewayUrl?: string
}

/** Flags of every command that reads or writes the state directory. */
export interface StateFlags {
  readonly state: string
  readonly json?: boolean
}

/** The engine's settings from flags (which commander has filled from the environment); a simulated cluster knows its own images. */
export function configOf(flags: ConfigFlags, simulated: boolean, env: Environment, guards: Config['guards'] = []): Config {
  const { injector, fuse } = defaultConfig
  return {
    ...defaultConfig,
    injector: injectorConfig(simulated ? { ...injector, image: simulatedImages.injector } : injector, injectorSettings(flags)),
    fuse: {
      ...fuse,
      image: flags.pauseImage ?? fuse.image,
      cordonImage: flags.fuseImage ?? (simulated ? simulatedImages.cordonFuse : fuse.cordonImage),
      acceptNoFuse: flags.acceptNoFuse ?? fuse.acceptNoFuse,
    },
    prometheus: prometheusOf(flags, env),
    guards,
  }
}

/** Those of the file, and what flags of their own say instead. */
function injectorSettings({ injector: file, injectorImage: image, injectorNamespace: namespace }: ConfigFlags): InjectorSettings {
  const said = file === undefined ? {} : readInjectorFile(file)
  return { ...said, ...(image !== undefined && { image }), ...(namespace !== undefined && { namespace }) }
}

function readInjectorFile(file: string): InjectorSettings {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FaultlineError('bad_input', `--injector: ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return checked(injectorSchema, json, file)
}

/** Secrets come from the environment or a file only: a flag would show them to everybody who lists processes. */
function prometheusOf(flags: ConfigFlags, env: Environment): PrometheusConfig {
  const { prometheusUrl: url, prometheusTokenFile: path, prometheusUser: user, prometheusSigv4Region: region } = flags
  if (url !== undefined) checkPrometheusUrl(url)
  const { FAULTLINE_PROMETHEUS_TOKEN: token = '', FAULTLINE_PROMETHEUS_PASSWORD: password = '' } = env
  const ways: readonly PrometheusConfig['auth'][] = [
    ...(token === '' ? [] : [{ kind: 'bearer', token } as const]),
    ...(path === undefined ? [] : [{ kind: 'bearer_file', path } as const]),
    ...(user === undefined ? [] : [{ kind: 'basic', user, password } as const]),
    ...(region === undefined ? [] : [{ kind: 'sigv4', region } as const]),
  ]
  if (ways.length > 1) {
    throw new FaultlineError('bad_input', `Prometheus: ${ways.map((way) => way.kind).join(' and ')} are given; allowed: one way to sign in`)
  }
  return { url: url ?? null, auth: ways[0] ?? { kind: 'none' } }
}

function checkPrometheusUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol) || parsed.username !== '' || parsed.search !== '') {
    throw new FaultlineError(
      'bad_input',
      `--prometheus-url: expected an http or https address without user and query, found "${url.replace(/\/\/.*@/, '//…@')}"`,
    )
  }
}

/**
 * Adds what FAULTLINE_SANDBOX and FAULTLINE_ACCEPT_NO_FUSE say: commander takes any value of a variable for "on", also `0` and `false`.
 * A kubeconfig or context that is named outweighs FAULTLINE_SANDBOX.
 */
export function withSwitches<F extends object>(flags: F & ClusterFlags & ConfigFlags, env: Environment): F {
  const named = flags.kubeconfig !== undefined || flags.context !== undefined
  const sandbox = flags.sandbox ?? (!named && isOn('FAULTLINE_SANDBOX', env))
  const acceptNoFuse = flags.acceptNoFuse ?? isOn('FAULTLINE_ACCEPT_NO_FUSE', env)
  return { ...flags, ...(sandbox ? { sandbox } : {}), ...(acceptNoFuse ? { acceptNoFuse } : {}) }
}

function isOn(name: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const value = (env[name] ?? '').toLowerCase()
  if (['1', 'true', 'yes'].includes(value)) return true
  if (['', '0', 'false', 'no'].includes(value)) return false
  throw new FaultlineError('bad_input', `environment variable ${name}: expected 1 or 0, found "${value}"`)
}
