import { type Command, type CommandUnknownOpts, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings'
import { FaultlineError } from '../lib/domain/errors.ts'
import { type FormatName, formatNames, formatOfFile, formats } from '../lib/report/format-names.ts'

/** Adds `--state`, `--json`, which every command that knows runs has. */
export function withState<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(new Option('--state <dir>', 'directory of the run store and the reports').env('FAULTLINE_STATE').default('.faultline'))
    .addOption(jsonOption())
}

/**
 * Adds `--aws`. `meant`: the other flags that mean something there; the rest are an installation's own to decide, and refused rather than
 * overlooked.
 */
export function withAws<A extends unknown[], O extends OptionValues>(command: Command<A, O>, meant: readonly string[] = []) {
  return command
    .addOption(new Option('--aws <stage>', 'act on that installation on AWS, not on this machine (docs/aws.md)').env('FAULTLINE_AWS'))
    .hook('preAction', (_, action) => {
      if (action.getOptionValue('aws') === undefined) return
      const allowed = ['aws', 'state', 'json', ...meant]
      const [other] = action.options.filter(
        (option) => action.getOptionValueSource(option.attributeName()) === 'cli' && !allowed.includes(option.attributeName()),
      )
      if (other === undefined) return
      const message = `${other.long} means nothing with --aws: the installation has its own way (faultline.config.json)`
      throw new FaultlineError('bad_input', message)
    })
}

/** Adds `--aws`, and which of an installation's clusters is meant. */
export function withInstallation(command: CommandUnknownOpts, meant: readonly string[]): void {
  withAws(command, meant).option('--cluster <name>', 'with --aws: which cluster of its configuration; else its default')
}

/** `--json`. */
export function jsonOption() {
  return new Option('--json', 'print exactly one JSON document on one line')
}

/** Adds the flags that say which cluster is meant. */
export function withCluster<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(
      new Option('--kubeconfig <file>', "kubeconfig to use; else $KUBECONFIG, ~/.kube/config, the pod's service account").env(
        'FAULTLINE_KUBECONFIG',
      ),
    )
    .addOption(new Option('--context <name>', 'context of the kubeconfig; else its current one').env('FAULTLINE_CONTEXT'))
    .addOption(
      new Option('--sandbox', 'use the embedded cluster (simulated), whatever kubeconfigs there are').conflicts(['kubeconfig', 'context']),
    )
    .addOption(
      new Option('--max-in-flight <n>', 'calls to the API server at a time (50 if not given)')
        .env('FAULTLINE_MAX_IN_FLIGHT')
        .argParser(wholeNumber(1, 1000)),
    )
}

/** Adds the flags that change what is put into the cluster. */
export function withConfig<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(new Option('--injector-image <image>', "image with the injector's tools (docs/injector.md)").env('FAULTLINE_INJECTOR_IMAGE'))
    .addOption(
      new Option('--injector <file>', "JSON: the injectors' image, namespace, pull policy and secrets, resources, tolerations").env(
        'FAULTLINE_INJECTOR',
      ),
    )
    .addOption(
      new Option('--injector-namespace <name>', 'namespace of the injectors (faultline-injectors if not given)').env(
        'FAULTLINE_INJECTOR_NAMESPACE',
      ),
    )
    .addOption(new Option('--fuse-image <image>', 'image with kubectl or curl, for the fuse of a cordon').env('FAULTLINE_FUSE_IMAGE'))
    .addOption(new Option('--pause-image <image>', 'image named by fuses that run no pod; never pulled').env('FAULTLINE_PAUSE_IMAGE'))
    .addOption(new Option('--prometheus-url <url>', 'Prometheus that probes ask (docs/probes.md)').env('FAULTLINE_PROMETHEUS_URL'))
    .addOption(
      new Option('--prometheus-token-file <file>', 'bearer token for it; or FAULTLINE_PROMETHEUS_TOKEN').env(
        'FAULTLINE_PROMETHEUS_TOKEN_FILE',
      ),
    )
    .addOption(new Option('--prometheus-user <name>', 'user for it, with FAULTLINE_PROMETHEUS_PASSWORD').env('FAULTLINE_PROMETHEUS_USER'))
    .addOption(
      new Option('--prometheus-sigv4-region <region>', "sign for Amazon Managed Prometheus with AWS' own credentials").env(
        'FAULTLINE_PROMETHEUS_SIGV4_REGION',
      ),
    )
    .addOption(new Option('--accept-no-fuse', 'drain without --fuse-image: only the driver and the reaper uncordon'))
}

/** Adds the flags that say who is told. */
export function withTelling<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(new Option('--sns-topic <arn>', 'SNS topic that alerts are published to (docs/alerts.md)').env('FAULTLINE_SNS_TOPIC_ARN'))
    .addOption(
      new Option('--pushgateway-url <url>', 'Prometheus Pushgateway that metrics are pushed to (docs/metrics.md)').env(
        'FAULTLINE_PUSHGATEWAY_URL',
      ),
    )
}

/** Adds the flags that say which workload is meant. */
export function withNamespace<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(
      new Option('-n, --namespace <name>', "namespace of the workload, instead of the suite's")
        .env('FAULTLINE_NAMESPACE')
        .argParser(namespaceName),
    )
    .addOption(new Option('--selector <labels>', "label selector of the workload, instead of the suite's").env('FAULTLINE_SELECTOR'))
}

/** Adds the flags that change a suite for this once. */
export function withSuite<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return withNamespace(command).addOption(
    new Option('--seed <n>', 'repeats the choice of targets (random if not given)')
      .env('FAULTLINE_SEED')
      .argParser(wholeNumber(0, 0xffff_ffff)),
  )
}

/** Adds the flag that gives values to a suite's variables. */
export function withVariables<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command.addOption(
    new Option(
      '--set <NAME=value>',
      `what \${NAME} in the suite stands for; repeatable; else FAULTLINE_VAR_NAME, else its default. Kept with the run: no place for secrets`,
    ).argParser(assignment),
  )
}

/** Adds to the values by name. */
function assignment(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name = '', value = ''] = /^([A-Za-z_]\w{0,62})=([\s\S]*)$/.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError('Expected NAME=value, with a name of letters, digits and "_".')
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is set twice.`)
  return { ...before, [name]: value }
}

/** Adds the flags that take a part of a suite. */
export function withPart<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(new Option('--only <step>', 'only this step of the suite, by its name or number; repeatable').argParser(oneMore))
    .addOption(new Option('--skip <step>', 'without this step; repeatable').argParser(oneMore))
}

const oneMore = (word: string, before: readonly string[] = []): readonly string[] => [...before, word]

/** Adds the flags that change how long a suite takes. */
export function withTimes<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .addOption(
      new Option('--duration <seconds>', 'the longest it may take: faults become shorter to fit, and it is aborted then').argParser(
        wholeNumber(1, 604_800),
      ),
    )
    .addOption(
      new Option('--grace <seconds>', "quiet before the first and after the last step, instead of the suite's").argParser(
        wholeNumber(0, 3600),
      ),
    )
}

/** Adds every flag of a command that starts runs. */
export function withRuns<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return withTelling(withConfig(withCluster(withSuite(withState(command)))))
    .addOption(
      new Option('--report <file>', 'write a report there too: .txt, .json, .html, .xml (JUnit), .md, .journal.json; repeatable').argParser(
        reportFile,
      ),
    )
    .addOption(confirmOption())
    .option('--verbose', 'with --json: progress on stderr')
}

/** `--confirm`: a script says which namespace it means, as a person types it. */
export function confirmOption() {
  return new Option('--confirm <namespace>', 'approve what takes approval in that namespace, without a question (docs/approvals.md)').env(
    'FAULTLINE_CONFIRM',
  )
}

/** Adds those, and the one that makes a single run unique. */
export function withReport<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return withRuns(command).addOption(
    new Option('--id <key>', 'the same key never starts a second run of the suite in the same place').env('FAULTLINE_ID'),
  )
}

/** Adds to the list of report files; the extension decides the format. */
function reportFile(file: string, before: readonly string[] = []): readonly string[] {
  if (formatOfFile(file) === undefined)
    throw new InvalidArgumentError(
      `Its name decides the format: it must end in ${extensions.slice(0, -1).join(', ')} or ${extensions.at(-1)}.`,
    )
  return [...before, file]
}

const extensions = formatNames.map((name) => formats[name].extension)

/** `--format`, by name. */
export function formatOption() {
  return new Option('--format <name>', 'of the report; by the end of the name given to --output if not given, else text').choices(
    formatNames,
  )
}

export interface ReportFlags {
  readonly format?: FormatName
  readonly output?: string
}

/** A parser for whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
    return value
  }
}

function namespaceName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('Expected a namespace: up to 63 of a-z, 0-9 and "-".')
  return text
}
