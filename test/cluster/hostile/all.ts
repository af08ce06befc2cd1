import { holdScenarios } from './hold.ts'
import { peopleScenarios } from './people.ts'
import { reboots } from './reboots.ts'
import type { HostileScenario } from './scenario.ts'
import { targetScenarios } from './targets.ts'

/** Everything that is told against what is true. */
export const hostileScenarios: readonly HostileScenario[] = [...targetScenarios, ...peopleScenarios, ...holdScenarios, ...reboots]
