import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type * as z from 'zod'
import type { Identity } from '../../lib/domain/actor.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import type { Answer } from './answers.ts'
import { compose, type Invocation } from './compose.ts'
import { askedBy, type HttpAnswer, type HttpEvent, httpAnswer, httpError, readHttpEvent } from './http-event.ts'
import { log } from './log.ts'

type Act<T> = (value: T, invocation: Invocation) => Promise<Answer>
type Run = (event: unknown, context: Context, caller: Identity | null) => Promise<Answer>

/** A handler around one act: the input checked before anything is opened, every error logged once with what it was about. */
export function entry<T>(name: string, input: z.ZodType<T>, act: Act<T>) {
  const run = runOf(name, input, act)
  return logged(name, (event, context) => run(event, context, null))
}

/** As `entry`, of a function that people use: by its URL, which says who they are, or from the console with the payload alone. */
export function entryForPeople<T>(name: string, input: z.ZodType<T>, act: Act<T>) {
  const run = runOf(name, input, act)
  return logged(name, async (event, context) => {
    const request = readHttpEvent(event)
    return request === undefined ? run(event, context, null) : answered(name, request, { run, context })
  })
}

function runOf<T>(name: string, input: z.ZodType<T>, act: Act<T>): Run {
  return async (event, context, caller) => {
    const value = checked(input, event, `the input of ${name}`)
    return act(value, { ...(await compose(context)), caller })
  }
}

function logged<A>(name: string, run: (event: unknown, context: Context) => Promise<A>) {
  return middy<unknown, A, Error, Context>()
    .onError(({ error, context }) => logError(name, error, context))
    .handler(run)
}

function logError(name: string, error: unknown, context: Context): void {
  const code = error instanceof FaultlineError ? error.code : 'bug'
  const { message = 'unknown', stack } = Object(error) as Partial<Error>
  log('error', message, { function: name, request: context.awsRequestId, code, stack: code === 'bug' ? stack : undefined })
}

/** HTTP has answers for errors as well: what is thrown would reach the asker as "Internal Server Error" and nothing more. */
async function answered(
  name: string,
  request: HttpEvent,
  { run, context }: { readonly run: Run; readonly context: Context },
): Promise<HttpAnswer> {
  try {
    const { payload, caller } = askedBy(request, context.invokedFunctionArn)
    return httpAnswer(200, { ...(await run(payload, context, caller)), caller: caller.name }, request)
  } catch (error) {
    logError(name, error, context)
    return httpError(error, request)
  }
}
