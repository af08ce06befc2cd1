import { simulatedImages } from '../../lib/simulated-images.ts'
import { workloadImage } from '../workload/image.ts'
import { jadevectordb } from '../workload/jadevectordb.ts'
import type { Behaviour } from './behaviour.ts'
import { cordonFuse } from './cordon-fuse.ts'
import { imageName } from './image-name.ts'
import { injector } from './injector.ts'
import { plainBehaviour } from './plain.ts'

const builtIn: Readonly<Record<string, Behaviour>> = {
  [imageName(simulatedImages.injector)]: injector,
  [imageName(simulatedImages.cordonFuse)]: cordonFuse,
  [workloadImage]: jadevectordb,
}

/** What an image does: the caller's own behaviours first, then the built-in ones, then the plain one. */
export function behaviourOf(image: string, own: Readonly<Record<string, Behaviour>>): Behaviour {
  const name = imageName(image)
  return own[name] ?? builtIn[name] ?? plainBehaviour
}
