import type { Refusal } from '../domain/refusal.ts'

/** What to do about a refusal, beside what its message says. */
export const refusalAdvice = {
  halted: 'Lift the halt with "faultline resume" once its reason is gone.',
  paused: 'Let the suite start again with "faultline unpause SUITE".',
  outside_window: 'Start it inside of the window that the message names, or change the window where the suite or its owner says it.',
  unhealthy: 'Bring the workload to readiness first; a fault on top would prove nothing.',
  unsteady: 'Find out why the steady state does not hold now, or change the tolerance of the probe if it is normal.',
  not_approved: 'Have the run approved, then start it again.',
  blast_radius: 'Hit fewer targets, or let the step say that it means it (docs/suite-format.md, blast radius).',
  overlap: 'Give one of the two other targets, or let it begin `after` the other (docs/suite-format.md, together).',
  guard: 'Ask the owner of the guard, or choose other targets (docs/guards.md).',
  permission: 'Grant what is missing (deploy/rbac.yaml has all of it); "faultline plan SUITE" looks again and changes nothing.',
  busy: 'Wait until what runs there has ended, or end it; then start the run again.',
  no_targets: 'Compare `selector` and `namespace` of the suite with what "kubectl get pods --show-labels" shows.',
  unsafe_target: 'Choose other targets, or let the step allow these where that can be allowed (docs/suite-format.md).',
  quota: 'Raise the quota, or free some of it.',
  namespace: 'Create the namespace, or name another one.',
  terminating: 'Wait until what is terminating is gone.',
  mechanism: 'Take another mechanism for this fault (docs/faults.md).',
  injector_missing: 'Give the injector image with --injector-image (docs/injector.md).',
  fuse_missing: 'Give an image for the fuse with --fuse-image, or accept a drain without one with --accept-no-fuse.',
  clock_skew: 'Set the clock of this machine or of the cluster right.',
  unreachable: 'Look whether the cluster answers: "kubectl version" with the same kubeconfig and context.',
} as const satisfies Record<Refusal['code'], string>
