import { join } from 'node:path'
import { approvalRules } from '../../lib/approval-settings.ts'
import type { Config, PrometheusConfig } from '../../lib/config.ts'
import { defaultConfig } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { injectorConfig } from '../../lib/injector-settings.ts'
import { simulatedImages } from '../../lib/simulated-images.ts'
import { type Deployment, readDeployment } from './deployment.ts'

/** All that the functions are told from outside. */
export interface Settings {
  readonly stage: string
  readonly region: string
  readonly table: string
  readonly bus: string
  /** Name of the alert topic; its ARN has the account in it, which only an invocation knows. */
  readonly topic: string
  readonly suites: string
  readonly deployment: Deployment
}

/** Reads the environment that serverless.yml sets; the one place where the functions do. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const must = (name: string) => {
    const value = env[name]
    if (value === undefined || value === '')
      throw new FaultlineError('bad_input', `environment variable ${name} is not set: deploy with serverless.yml`)
    return value
  }
  // `osls invoke local` names a folder that only Lambda has.
  const root = env.IS_LOCAL === 'true' ? '.' : (env.LAMBDA_TASK_ROOT ?? '.')
  const stage = must('FAULTLINE_STAGE')
  return {
    stage,
    region: must('AWS_REGION'),
    table: must('FAULTLINE_TABLE'),
    bus: must('FAULTLINE_BUS'),
    topic: must('FAULTLINE_TOPIC'),
    suites: join(root, 'experiments'),
    deployment: readDeployment(env.FAULTLINE_CONFIG ?? join(root, 'faultline.config.json'), stage),
  }
}

/** Of an invocation's time: when it asks for a successor, asks again, and leaves at the latest. Tells on functions with little time only. */
const shares = { first: 1 / 2, again: 1 / 6, leave: 1 / 36 }

/** The engine's settings for an invocation that may last `timeMs`. */
export function engineConfig({ deployment }: Settings, options: { readonly timeMs: number; readonly simulated: boolean }): Config {
  const { injector, fuse, handOver } = defaultConfig
  const { timeMs, simulated } = options
  const { images } = deployment
  return {
    ...defaultConfig,
    injector: injectorConfig(simulated ? { ...injector, image: simulatedImages.injector } : injector, deployment.injector),
    fuse: {
      ...fuse,
      image: images.pause ?? fuse.image,
      cordonImage: images.cordonFuse ?? (simulated ? simulatedImages.cordonFuse : fuse.cordonImage),
      acceptNoFuse: deployment.acceptNoFuse,
    },
    prometheus: prometheusOf(deployment),
    guards: deployment.guards,
    approval: approvalRules(deployment.approval),
    secondPerson: deployment.secondPerson,
    handOver: {
      firstMs: Math.min(handOver.firstMs, timeMs * shares.first),
      againMs: Math.min(handOver.againMs, timeMs * shares.again),
      leaveMs: Math.min(handOver.leaveMs, Math.max(1_000, timeMs * shares.leave)),
    },
  }
}

function prometheusOf({ prometheus }: Deployment): PrometheusConfig {
  if (prometheus === undefined) return defaultConfig.prometheus
  const { url, sigv4Region: region } = prometheus
  return { url, auth: region === undefined ? { kind: 'none' } : { kind: 'sigv4', region } }
}
