import { parseArgs } from 'node:util'

/** What `npm run e2e -- …` is told. */
export interface Options {
  readonly kubeconfig: string
  readonly context: string | undefined
  readonly injectorImage: string
  readonly workloadImage: string
  readonly workloadPort: number
  /** Needs `kubectl` or `curl`; the injector's image has it. */
  readonly fuseImage: string
  readonly pauseImage: string | undefined
  /** Scenarios by name; empty: all. */
  readonly only: readonly string[]
  readonly json: string | undefined
}

const usage = `npm run e2e -- --kubeconfig FILE --injector-image IMAGE --workload-image IMAGE
  [--context NAME] [--workload-port 8080] [--fuse-image IMAGE] [--pause-image IMAGE] [--only NAME]... [--json FILE]
Runs every fault against a real cluster, in namespaces of its own, and leaves nothing. The workload image must listen on the port, answer
HTTP, have a shell's /tmp, and run as any user.`

/** Reads the command line; says what is missing and ends with 2. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  const { kubeconfig, 'injector-image': injectorImage, 'workload-image': workloadImage } = values
  if (kubeconfig === undefined || injectorImage === undefined || workloadImage === undefined) return misused()
  return {
    kubeconfig,
    injectorImage,
    workloadImage,
    context: values.context,
    workloadPort: Number(values['workload-port'] ?? 8080),
    fuseImage: values['fuse-image'] ?? injectorImage,
    pauseImage: values['pause-image'],
    only: values.only ?? [],
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        kubeconfig: text,
        context: text,
        'injector-image': text,
        'workload-image': text,
        'workload-port': text,
        'fuse-image': text,
        'pause-image': text,
        only: { type: 'string', multiple: true },
        json: text,
      },
    }).values
  } catch (error) {
    return misused(`${(error as Error).message}\n`)
  }
}

function misused(why = ''): never {
  process.stderr.write(`${why}${usage}\n`)
  process.exit(2)
}
