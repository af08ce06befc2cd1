import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { TableAccess } from '../../lib/adapters/table/table-access.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'

/** Makes the network lose answers after the server has done what was asked. */
export interface LostAnswers {
  /** Loses the answers, good or bad, to the next `count` attempts to write. */
  loseNext(count: number): void
  /** How many were lost since. */
  lost(): number
}

function createLoss(): LostAnswers & { next(): boolean } {
  let toLose = 0
  let lost = 0
  return {
    loseNext: (count) => {
      toLose = count
      lost = 0
    },
    lost: () => lost,
    next: () => {
      if (toLose === 0) return false
      toLose -= 1
      lost += 1
      return true
    },
  }
}

/** Built into a client for as long as it lives; the SDK tries again by itself, four times in all. */
export function loseAnswersOf(client: DynamoDBDocumentClient): LostAnswers {
  const loss = createLoss()
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!/^(?:(?:Put|Update|Delete)Item|ExecuteStatement)/.test(String(context.commandName)) || !loss.next()) return next(args)
      await next(args).catch((refused: unknown) => refused)
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    },
    { step: 'deserialize', priority: 'high', name: 'lostAnswers' },
  )
  return loss
}

/** The same for a table without a network: a write whose answer is lost is written again, as the SDK does, four times in all. */
export function repeatingLostWrites(table: TableAccess): { readonly access: TableAccess; readonly answers: LostAnswers } {
  const loss = createLoss()
  const repeated = async <T>(write: () => Promise<T>): Promise<T> => {
    for (let attempt = 0; attempt < 4; attempt++) {
      const lose = loss.next()
      const answer = await write()
      if (!lose) return answer
    }
    throw new StoreUnavailable('four answers were lost')
  }
  const access: TableAccess = {
    ...table,
    put: (item, condition) => repeated(() => table.put(item, condition)),
    update: (key, attributes, condition) => repeated(() => table.update(key, attributes, condition)),
    add: (key, addition, condition) => repeated(() => table.add(key, addition, condition)),
    delete: (key, condition) => repeated(() => table.delete(key, condition)),
  }
  return { access, answers: loss }
}
