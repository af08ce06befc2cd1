import type { RunEvent } from '../../domain/transition.ts'

/** What is recorded beside the main loop, and may come after the run's end, or after this driver left it to a person. */
export const besides: readonly RunEvent['type'][] = [
  'lease_renewed',
  'handed_over',
  'threshold_crossed',
  'threshold_recovered',
  'targets_changed',
  'load_ended',
]
