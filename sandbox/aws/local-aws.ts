import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Deployment } from '../../functions/shared/deployment.ts'
import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import type { Store } from '../../lib/ports.ts'
import { urlAlias } from '../../lib/remote/interface.ts'
import { onPath } from '../programs.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../start.ts'
import { localAccount } from './aws-call.ts'
import { startDynalite } from './dynalite.ts'
import { type DeliveredEvent, openEventsEndpoint } from './events-endpoint.ts'
import { type FunctionUrls, type FunctionUrlsOptions, openFunctionUrls } from './function-urls.ts'
import { type Authorize, type Gate, openGate } from './gate.ts'
import { type FunctionShortName, type InvokeOptions, LocalFunction } from './lambda.ts'
import { type Moto, startMoto } from './moto.ts'
import { type PackagedStack, readStack } from './packaged-stack.ts'
import type { Person } from './verify-signature.ts'

export interface LocalAwsOptions {
  /** Where `osls package` put template and zips. */
  readonly directory: string
  readonly sandbox?: SandboxOptions
  /** Further keys of faultline.config.json, and further clusters. */
  readonly deployment?: Partial<Deployment>
  /** Of the function named, instead of its own: a driver must hand on the sooner. */
  readonly timeoutMs?: Partial<Readonly<Record<FunctionShortName, number>>>
  readonly log?: (line: string) => void
  /** @default everything may be called */
  readonly authorize?: Authorize
  /** Who may sign requests to the functions' URLs. @default `localPerson` alone */
  readonly people?: readonly Person[]
  /** @default everyone may call every URL */
  readonly authorizePerson?: FunctionUrlsOptions['authorize']
}

const region = 'eu-central-1'

/** Who uses the functions here. */
export const localPerson: Person = {
  accessKeyId: 'AKIALOCALPERSON00000',
  secretAccessKey: 'only/for/this/machine',
  arn: `arn:aws:iam::${localAccount}:user/local`,
}

/** It takes any; a function's own is its name, by which the gate knows who calls. */
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** The deployed form without AWS: the packaged functions, a table, a bus that brings events, and a cluster. */
export class LocalAws {
  readonly stack: PackagedStack
  readonly sandbox: Sandbox
  readonly store: Store
  /** Undefined where moto_server is not on the PATH. */
  readonly moto: Moto | undefined
  /** Every event that was accepted by the bus. */
  readonly events: DeliveredEvent[] = []
  /** How each invocation ended: of which function, and its answer or error. */
  readonly invocations: { readonly name: FunctionShortName; readonly answer: unknown; readonly error: unknown }[] = []
  readonly #options: LocalAwsOptions
  readonly #closers: (() => Promise<unknown>)[]
  readonly #functions = new Map<FunctionShortName, LocalFunction>()
  #gate: Gate | undefined
  #urls: FunctionUrls | undefined
  #config = ''
  readonly #open = new Set<Promise<unknown>>()

  private constructor(
    options: LocalAwsOptions,
    parts: Pick<LocalAws, 'stack' | 'sandbox' | 'store' | 'moto'>,
    closers: (() => Promise<unknown>)[],
  ) {
    this.#options = options
    this.stack = parts.stack
    this.sandbox = parts.sandbox
    this.store = parts.store
    this.moto = parts.moto
    this.#closers = closers
  }

  static async open(options: LocalAwsOptions): Promise<LocalAws> {
    const stack = await readStack(options.directory)
    const command = onPath('moto_server')
    const [sandbox, dynamo, moto] = await Promise.all([
      startSandbox(options.sandbox),
      startDynalite(),
      command === undefined ? undefined : startMoto(command),
    ])
    const client = createDynamoClient({ region, endpoint: dynamo.url, credentials })
    await ensureTable(client, stack.table)
    const store = createDynamoStore({ client, table: stack.table, clock: systemClock })
    const closers: (() => Promise<unknown>)[] = [() => store.close(), dynamo.close, () => sandbox.close(), async () => moto?.close()]
    const aws = new LocalAws(options, { stack, sandbox, store, moto }, closers)
    if (moto !== undefined) await Promise.all([createBus(moto.url, stack.bus), createTopic(moto.url, stack.topic)])
    const endpoint = await openEventsEndpoint({ upstream: moto?.url ?? null, deliver: (event) => aws.#deliver(event) })
    const served: Readonly<Record<string, string>> = { dynamodb: dynamo.url, events: endpoint.url }
    aws.#gate = await openGate({
      upstream: (service) => served[service] ?? moto?.url,
      authorize: options.authorize ?? (async () => undefined),
    })
    aws.#urls = await openFunctionUrls({
      names: stack.withUrl,
      region,
      account: localAccount,
      people: options.people ?? [localPerson],
      authorize: options.authorizePerson ?? (async () => undefined),
      invoke: (name, event) => aws.invoke(name as FunctionShortName, event, { alias: urlAlias }),
    })
    closers.unshift(aws.#urls.close, aws.#gate.close, endpoint.close)
    await Promise.all([aws.#unpack(), sandbox.ready()])
    return aws
  }

  /** Invokes a function and waits for its answer. */
  invoke(name: FunctionShortName, event: unknown, options: InvokeOptions = {}): Promise<unknown> {
    const local = this.#functions.get(name)
    if (local === undefined) throw new Error(`there is no function ${name}`)
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs?.[name]
    const invoked = local.invoke(event, { ...options, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).then(
      (answer) => {
        this.invocations.push({ name, answer, error: undefined })
        return answer
      },
      (error: unknown) => {
        this.invocations.push({ name, answer: undefined, error })
        throw error
      },
    )
    const settled = invoked.catch(() => undefined).finally(() => this.#open.delete(settled))
    this.#open.add(settled)
    return invoked
  }

  /** Every call of a function that `authorize` did not allow, with the reason. */
  get refused(): readonly string[] {
    return this.#gate?.refused ?? []
  }

  /** How a command line reaches the functions by their URLs; whose signatures are taken is for the caller to know. */
  get installation(): { readonly region: string; readonly urls: Readonly<Record<string, string>> } {
    return { region, urls: this.#urls?.urls ?? {} }
  }

  /** What a function needs beside what the template gives it, to work here instead of on AWS. */
  environmentOf(name: FunctionShortName): Readonly<Record<string, string>> {
    return {
      FAULTLINE_CONFIG: this.#config,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: name,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: this.#gate?.url ?? '',
    }
  }

  /** Waits until nothing runs any more, what runs by events included. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }

  /** Ends every process of a function without a word, as a crash of Lambda would. */
  async kill(name: FunctionShortName): Promise<void> {
    await this.#functions.get(name)?.kill()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((local) => local.close()))
    for (const close of this.#closers) await close()
  }

  #deliver(event: DeliveredEvent): void {
    this.events.push(event)
    if (this.stack.advances(event)) this.invoke('advance', event).catch((error: unknown) => this.#options.log?.(String(error)))
  }

  async #unpack(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-aws-'))
    this.#closers.push(() => rm(folder, { recursive: true, force: true }))
    this.#config = join(folder, 'faultline.config.json')
    const { deployment = {} } = this.#options
    await writeFile(
      this.#config,
      JSON.stringify({ ...deployment, clusters: { embedded: { url: this.sandbox.url }, ...deployment.clusters } }),
    )
    const log = this.#options.log ?? (() => undefined)
    for (const spec of this.stack.functions) {
      const name = spec.name.split('-').at(-1) as FunctionShortName
      this.#functions.set(name, await LocalFunction.open({ ...spec, env: { ...spec.env, ...this.environmentOf(name) } }, log))
    }
  }
}

async function createBus(endpoint: string, name: string): Promise<void> {
  const client = new EventBridgeClient({ region, endpoint, credentials })
  await client.send(new CreateEventBusCommand({ Name: name }))
  client.destroy()
}

async function createTopic(endpoint: string, Name: string): Promise<void> {
  const client = new SNSClient({ region, endpoint, credentials })
  await client.send(new CreateTopicCommand({ Name }))
  client.destroy()
}
