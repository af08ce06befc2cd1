import { existsSync } from 'node:fs'
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { KubeObject } from '../../lib/domain/kube.ts'
import { printable } from '../../lib/domain/text.ts'
import { withComposition } from '../command.ts'
import { type Completion, fitting, type Wanted } from '../complete.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { packagedSuites } from '../suite-names.ts'
import type { Terminal } from '../terminal.ts'

/** A person waits at the prompt for a cluster's answer so long at most. */
const patienceMs = 2_000
const mostRuns = 50

/** `faultline __complete WORD…`: what fits at the cursor, a line each; `:files` hands over to the shell. Never fails: a prompt is no place for errors. */
export async function complete(program: CommandUnknownOpts, words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { words: known, wanted } = fitting(program, words)
  const found = await Promise.all(wanted.map((what) => lookUp(what, words, terminal).catch(() => [])))
  const begin = words.at(-1) ?? ''
  for (const { word, what } of [...known, ...found.flat().filter(({ word }) => word.startsWith(begin))])
    terminal.out.write(`${printable(word)}${what === '' ? '' : `\t${printable(what)}`}\n`)
  if (wanted.includes('files')) terminal.out.write(':files\n')
  return exitCodes.succeeded
}

async function lookUp(what: Wanted, words: readonly string[], terminal: Terminal): Promise<readonly Completion[]> {
  switch (what) {
    case 'files':
      return []
    case 'suites':
      return [...packagedSuites().keys()].map((word) => ({ word, what: 'suite that comes along' }))
    case 'runs':
      return runs(words, terminal)
    case 'namespaces':
      return within(patienceMs, namespaces(words, terminal))
  }
}

/** What the words say of a flag, else its variable, else what it is without both. */
function said(words: readonly string[], flag: string, otherwise: string | undefined): string | undefined {
  const at = words.lastIndexOf(flag)
  return at < 0 ? otherwise : words[at + 1]
}

function stateOf(words: readonly string[], { env }: Terminal): string {
  return said(words, '--state', env.FAULTLINE_STATE) ?? '.faultline'
}

async function runs(words: readonly string[], terminal: Terminal): Promise<readonly Completion[]> {
  const state = stateOf(words, terminal)
  // A look at the prompt makes no directory.
  if (!existsSync(state)) return []
  return withComposition({ state, json: true }, terminal, async ({ store }) => {
    const list = await store.runs.list({ limit: mostRuns })
    return list.map(({ id, status, suite }) => ({ word: id, what: `${suite.name}: ${status}` }))
  })
}

async function namespaces(words: readonly string[], terminal: Terminal): Promise<readonly Completion[]> {
  const { env } = terminal
  const { loadKubeConfig } = await import('../../lib/adapters/kubernetes/config.ts')
  const { connectCluster } = await import('../../lib/adapters/kubernetes/connect.ts')
  const kubeconfig = said(words, '--kubeconfig', env.FAULTLINE_KUBECONFIG)
  const context = said(words, '--context', env.FAULTLINE_CONTEXT)
  const found = loadKubeConfig({ kubeconfig, context, env, ...(env.HOME ? { home: env.HOME } : {}) })
  if (found === 'none') return []
  const cluster = connectCluster(found.config, {})
  try {
    const list = await cluster.objects.list<KubeObject>({ apiVersion: 'v1', kind: 'Namespace' })
    return list.map(({ metadata }) => ({ word: metadata.name, what: '' })).filter(({ word }) => !word.startsWith('kube-'))
  } finally {
    await cluster.close()
  }
}

function within<T>(ms: number, work: Promise<readonly T[]>): Promise<readonly T[]> {
  const late = new Promise<readonly T[]>((resolve) => {
    setTimeout(() => resolve([]), ms).unref()
  })
  return Promise.race([work, late])
}
