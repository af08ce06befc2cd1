import { defaultConfig } from '../../config.ts'
import type { Injection, UndoData } from '../../domain/injection.ts'
import type { InjectorSource } from './job.ts'
import type { InjectorAction } from './protocol.ts'

/** What the ledger keeps of an injector, so that whoever ends it needs no configuration and no memory. */
export interface InjectorUndo {
  readonly source: InjectorSource
  readonly node: string
  /** The node's `status.nodeInfo.bootID` when the step was planned; empty where nodes may not be read. */
  readonly bootId: string
  readonly job: string
  readonly action: Exclude<InjectorAction, 'check'>
  readonly env: Readonly<Record<string, string>>
  /** How long the step holds its fault; absent in records of earlier versions. */
  readonly lastsMs?: number
  /** Addresses that concern one target only, by its UID. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  /** Why the injector never did anything; found out just before its Job is taken away. */
  readonly neverStarted?: string
  /** How its pod had ended by itself, and what that said; read just before its Job is taken away. */
  readonly died?: string
}

/** The stored undo data of an injector fault, those of earlier versions with today's defaults for what they did not know. */
export function injectorUndo({ undo }: Pick<Injection, 'undo'>): InjectorUndo {
  const stored = undo as Partial<InjectorUndo> & Pick<InjectorUndo, 'source' | 'node' | 'job' | 'action'>
  const { bootId = '', env = {}, peers = {} } = stored
  return { ...stored, bootId, env, peers, source: { ...defaultConfig.injector, ...stored.source } }
}

/** As the ledger stores it. */
export function asUndoData(undo: InjectorUndo, more: UndoData = {}): UndoData {
  return { ...undo, ...more }
}
