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
  /** A line for a shell that reboots a node and waits for nothing; `{node}` is its name. Without it, what reboots is not run. */
  readonly rebootCommand: string | undefined
  /** The longest that each of the suites that come along may take, s; undefined: as long as it says. */
  readonly suiteSeconds: number | undefined
  /** How often the runner is killed at a random moment. */
  readonly kills: number
  /** Reboots and kills go on in so many places at a time; more ask more of the cluster and of this machine. */
  readonly places: number
  /** Of these moments, and of the order of kinds. */
  readonly seed: number
}

const usage = `npm run e2e -- --kubeconfig FILE --injector-image IMAGE --workload-image IMAGE
  [--context NAME] [--workload-port 8080] [--fuse-image IMAGE] [--pause-image IMAGE] [--only NAME]... [--json FILE]
  [--reboot-command 'COMMAND {node}'] [--kills N] [--places N] [--seed N] [--suite-seconds N]
Runs every fault against a real cluster, in namespaces of its own, and leaves nothing. The workload image must listen on the port, answer
HTTP, have a shell's /tmp, and run as any user. --only takes parts of names; the plain scenarios, "test all", "suite …", the hostile ones and
the kills (12 of them; with --only none unless said) all count. Where no command reboots a node, those scenarios are told as NOT RUN.`

/** Each kind once. */
const usualKills = 12

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
    rebootCommand: values['reboot-command'],
    suiteSeconds: values['suite-seconds'] === undefined ? undefined : Number(values['suite-seconds']),
    kills: Number(values.kills ?? (values.only === undefined ? usualKills : 0)),
    places: Number(values.places ?? 1),
    seed: Number(values.seed ?? Math.floor(Math.random() * 1_000_000)),
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
        'reboot-command': text,
        kills: text,
        places: text,
        'suite-seconds': text,
        seed: text,
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
