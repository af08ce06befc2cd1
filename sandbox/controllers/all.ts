import type { Cluster } from '../cluster.ts'
import { budgetController } from './budget.ts'
import { daemonSetController } from './daemonset.ts'
import { deploymentController } from './deployment.ts'
import { garbageCollector } from './garbage.ts'
import { jobController } from './job.ts'
import { lostPodController, namespaceController, quotaController } from './namespace.ts'
import { replicaSetController } from './replicaset.ts'
import type { Runner } from './runner.ts'
import { scheduler } from './scheduler.ts'
import { statefulSetController } from './statefulset.ts'

/** Every control loop of the cluster, in the order in which they get their turn. */
export function addControllers(runner: Runner, cluster: Cluster): void {
  runner.add(namespaceController(cluster))
  runner.add(deploymentController(cluster))
  runner.add(replicaSetController(cluster))
  runner.add(statefulSetController(cluster))
  runner.add(daemonSetController(cluster))
  runner.add(jobController(cluster))
  runner.add(scheduler(cluster))
  runner.add(budgetController(cluster))
  runner.add(quotaController(cluster))
  runner.add(garbageCollector(cluster))
  runner.add(lostPodController(cluster))
}
