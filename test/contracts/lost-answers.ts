import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** Makes the network lose answers after the server has done what was asked. */
export interface LostAnswers {
  /** Loses the answers, good or bad, to the next `count` attempts to write. */
  loseNext(count: number): void
  /** How many were lost since. */
  lost(): number
}

/** Built into a client for as long as it lives. */
export function loseAnswersOf(client: DynamoDBDocumentClient): LostAnswers {
  let toLose = 0
  let lost = 0
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (toLose === 0 || !/^(Put|Update|Delete)Item/.test(String(context.commandName))) return next(args)
      await next(args).catch((refused: unknown) => refused)
      toLose -= 1
      lost += 1
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    },
    { step: 'deserialize', priority: 'high', name: 'lostAnswers' },
  )
  return {
    loseNext: (count) => {
      toLose = count
      lost = 0
    },
    lost: () => lost,
  }
}
