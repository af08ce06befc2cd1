import { defaultConfig } from '../../config.ts'
import type { InjectorUndo, UndoData } from '../../domain/undo-data.ts'
import { undoOf } from '../../domain/undo-data.ts'
import type { InjectorSource } from './job.ts'

/** The stored undo data of an injector fault; where an earlier version stored less of its source, with today's defaults. */
export function injectorUndo(injection: { readonly undo: UndoData }): InjectorUndo & { readonly source: InjectorSource } {
  const undo = undoOf(injection, 'injector')
  return { ...undo, source: { ...defaultConfig.injector, ...undo.source } }
}
