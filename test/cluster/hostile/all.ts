import { holdScenarios } from './hold.ts'
import { peopleScenarios } from './people.ts'
import type { HostileScenario } from './scenario.ts'
import { targetScenarios } from './targets.ts'

/** What is told against what is true, one at a time. */
export const hostileScenarios: readonly HostileScenario[] = [...targetScenarios, ...peopleScenarios, ...holdScenarios]
