import type { Checks } from '../examine.ts'
import { identity, permissions, reachability } from './access-checks.ts'
import { admissionInstalled, jobsTaken, podSecurity } from './admission-checks.ts'
import type { ClusterLook } from './cluster-look.ts'
import { cordonFuse, metrics, podPath, ttlController } from './controller-checks.ts'
import { networkPolicies } from './network-policies.ts'
import { cgroups, clocks, dns, injectorImage, injectorToolsThere, kernel } from './node-checks.ts'
import { prometheus, pushgateway, snsTopic } from './outlet-checks.ts'

/** Everything there is to look at in a cluster, in the order in which it is told. */
export const clusterChecks = {
  reachability,
  identity,
  permissions,
  'admission-policies': admissionInstalled,
  'pod-security': podSecurity,
  jobs: jobsTaken,
  'injector-image': injectorImage,
  'injector-tools': injectorToolsThere,
  kernel,
  cgroups,
  'network-policies': networkPolicies,
  'ttl-controller': ttlController,
  'cordon-fuse': cordonFuse,
  dns,
  clocks,
  'pod-path': podPath,
  metrics,
  pushgateway,
  prometheus,
  'sns-topic': snsTopic,
} as const satisfies Checks<ClusterLook>

/** What is told last where something was made: that it is gone. */
export const leftCheck = 'left-behind'
