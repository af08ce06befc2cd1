import type { Behaviour } from './behaviour.ts'

/** Any image the sandbox does not know: it runs, is Ready, and answers 200 on the ports it declares. */
export const plainBehaviour: Behaviour = (context) => {
  context.log(`${context.container.image} is simulated: it runs and does nothing`)
  return {
    announces: true,
    http: () => ({ status: 200, contentType: 'text/plain; charset=utf-8', body: 'simulated\n' }),
  }
}
