import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type * as z from 'zod'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import type { Answer } from './answers.ts'
import { compose, type Invocation } from './compose.ts'
import { log } from './log.ts'

/** A handler around one act: the input checked before anything is opened, every error logged once with what it was about. */
export function entry<T>(name: string, input: z.ZodType<T>, act: (value: T, invocation: Invocation) => Promise<Answer>) {
  return middy<unknown, Answer, Error, Context>()
    .onError(({ error, context }) => {
      const code = error instanceof FaultlineError ? error.code : 'bug'
      log('error', error?.message ?? 'unknown', {
        function: name,
        request: context.awsRequestId,
        code,
        stack: code === 'bug' ? error?.stack : undefined,
      })
    })
    .handler(async (event: unknown, context: Context) => act(checked(input, event, `the input of ${name}`), await compose(context)))
}
