import { shortPlan } from '../domain/approval.ts'
import { assertNever } from '../domain/errors.ts'
import type { Notice } from '../domain/notice.ts'
import { counted, cutTo, printableText } from '../domain/text.ts'
import { clusterText } from './cluster-text.ts'
import { dateAndTime, duration } from './durations.ts'

/** Longest subject that SNS takes (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const subjectLength = 100
/** One SMS holds 140 bytes (https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html). */
const smsLength = 140
/** A mail is read on a phone: a screen of text, and the names of a few targets. */
const messageLength = 1_500
const namedTargets = 5

/** What a person is told: a mail's subject and body, and the same in the length of a text message. */
export interface AlertText {
  /** At most 100 printable ASCII characters. */
  readonly subject: string
  readonly body: string
  /** At most 140 printable ASCII characters. */
  readonly sms: string
}

/** What a person enters to act on a run; they differ by where runs are driven from. */
export interface AlertCommands {
  readonly show: (run: string) => string
  readonly abort: (run: string) => string
  readonly reap: () => string
  readonly resolve: (run: string) => string
  readonly approve: (run: string, plan: string) => string
}

const onACommandLine: AlertCommands = {
  show: (run) => `faultline show ${run}`,
  abort: (run) => `faultline abort ${run}`,
  reap: () => 'faultline reap',
  resolve: (run) => `faultline resolve ${run} --by NAME --why "..."`,
  approve: (run) => `faultline approve ${run}`,
}

/** Words for an on-call person who has a phone and no context. `reportUrl`: where the run's report is or will be. */
export function alertText(notice: Notice, reportUrl: string | null = null, commands: AlertCommands = onACommandLine): AlertText {
  const { run, severity } = notice
  const title = titleOf(notice)
  const grade = severity === 'info' ? '' : ` ${severity.toUpperCase()}`
  const head = `Faultline${grade}: ${title}: `
  const place = ` in ${ascii(`${run.cluster}/${run.namespace}`)}`
  const suite = ascii(run.suite)
  const name = /[A-Za-z0-9]/.test(suite) ? suite : run.id
  const room = Math.max(12, subjectLength - head.length - place.length)
  const subject = clip(`${head}${clip(name, room)}${place}`, subjectLength)
  return {
    subject,
    body: bodyOf(notice, title, { reportUrl, ...adviceOf(notice, commands) }),
    sms: clip(`${subject}. ${ascii(notice.message)}`, smsLength),
  }
}

function bodyOf(
  notice: Notice,
  title: string,
  { reportUrl, done, toDo, commands }: Advice & { readonly reportUrl: string | null },
): string {
  const { run, step, haltCommand, message, severity } = notice
  const cluster = clusterText({ name: run.cluster, simulated: run.simulated })
  const where = `cluster ${cluster}, namespace ${run.namespace}`
  const lines = [
    `${severity.toUpperCase()}: ${title}`,
    clip(message, messageLength),
    '',
    `What:   ${whatOf(run.suite, step)}`,
    `Where:  ${where}`,
    `Since:  ${sinceOf(notice)}`,
    `Done:   ${done}`,
    `To do:  ${toDo}`,
    ...(reportUrl === null ? [] : [`Report: ${reportUrl}`]),
    '',
    ...commands.flatMap(({ what, command }) => [`${what}:`, `  ${command}`]),
    haltCommand.includes('kubeconfig')
      ? `End all chaos on cluster ${cluster} (its kubeconfig is that of the machine that runs this; any other of that cluster will do):`
      : `End all chaos, from anywhere, with a kubeconfig of cluster ${cluster}:`,
    `  ${haltCommand}`,
    '',
    `run ${run.id}`,
    '',
  ]
  return printableText(lines.join('\n'))
}

function whatOf(suite: string, step: Notice['step']): string {
  if (step === null) return `suite "${suite}"`
  const { targets } = step
  const more = targets.length > namedTargets ? ` and ${targets.length - namedTargets} more` : ''
  const on = targets.length === 0 ? '' : ` on ${targets.slice(0, namedTargets).join(', ')}${more}`
  return `${step.fault}${on} (suite "${suite}", step ${step.index + 1} "${step.name}")`
}

function sinceOf({ at, data, run }: Notice): string {
  const since = typeof data.since === 'number' ? data.since : at
  const lasting = at - since >= 1_000 ? `, for ${duration(at - since)}` : ''
  return `${dateAndTime(since)}${lasting} (run began ${dateAndTime(run.requestedAt)})`
}

interface Advice {
  readonly done: string
  readonly toDo: string
  readonly commands: readonly { readonly what: string; readonly command: string }[]
}

function adviceOf(notice: Notice, commands: AlertCommands): Advice {
  const { kind, run, data } = notice
  const show = { what: 'Look at it', command: commands.show(run.id) }
  const abort = { what: 'Stop this run', command: commands.abort(run.id) }
  switch (kind) {
    case 'run.started':
      return {
        done: 'Nothing is injected yet. Each fault is undone on time, with proof.',
        toDo: 'Nothing, unless it does harm: then stop it.',
        commands: [abort, show],
      }
    case 'run.refused':
      return { done: 'Nothing was touched.', toDo: 'Remove the reasons above, then start it again.', commands: [show] }
    case 'approval.needed':
      return approvalAdvice(notice, [show, abort], commands)
    case 'run.aborting':
      return { done: 'Everything injected is being undone now.', toDo: 'Wait for the message that it is over.', commands: [show] }
    case 'threshold.breached':
      return data.action === 'abort'
        ? { done: 'The run aborts: everything injected is being undone now.', toDo: 'See that the workload recovers.', commands: [show] }
        : { done: 'The run goes on.', toDo: 'Stop it if this is worse than planned.', commands: [abort, show] }
    case 'fault.active':
    case 'fault.reverted':
    case 'fault.recovered':
      return { done: notice.message, toDo: 'Nothing.', commands: [show] }
    case 'fault.failed':
      return { done: 'What was injected is undone; the run says what became of it.', toDo: 'Read the reason above.', commands: [show] }
    case 'fault.not_recovered':
      return { done: 'The fault is proven to be undone.', toDo: 'Help the workload: it is not as healthy as before.', commands: [show] }
    case 'run.finished':
      return finishedAdvice(notice, show)
    case 'undo.unproven':
      return unprovenAdvice(notice, show, commands)
    default:
      return assertNever(kind)
  }
}

function approvalAdvice({ run, step, data }: Notice, others: Advice['commands'], commands: AlertCommands): Advice {
  const until = typeof data.expiresAt === 'number' ? ` until ${dateAndTime(data.expiresAt)}` : ''
  const command = commands.approve(run.id, shortPlan(String(data.plan ?? '')))
  return {
    done: step === null ? 'Nothing was touched. The run waits.' : 'What was injected before is undone, with proof. The run waits.',
    toDo: `Read what it would do. Approve it${until}, or let it lapse.`,
    commands: [{ what: 'Approve exactly this plan', command }, ...others],
  }
}

function finishedAdvice({ data }: Notice, show: Advice['commands'][number]): Advice {
  if (data.unproven === true) {
    const done = 'A person ended the run. Nothing proves that its faults are undone.'
    return { done, toDo: 'Make sure by hand that nothing is left on the targets.', commands: [show] }
  }
  const orphans =
    typeof data.orphans === 'number' && data.orphans > 0
      ? ` ${counted(data.orphans, 'forgotten object')} ${data.orphans === 1 ? 'was' : 'were'} removed.`
      : ''
  const toDo = data.verdict === 'succeeded' ? 'Nothing.' : 'Read the reasons above.'
  return { done: `Every fault is proven to be undone.${orphans}`, toDo, commands: [show] }
}

function unprovenAdvice({ run, data }: Notice, show: Advice['commands'][number], commands: AlertCommands): Advice {
  const tries = typeof data.attempts === 'number' ? `Tried ${data.attempts} times; ` : ''
  return {
    done: `${tries}tries go on while a driver or a reaper runs.`,
    toDo: 'Look at the targets now. End all chaos with the last command, then reap. Resolve only what can never be proven.',
    commands: [
      show,
      { what: 'Try again', command: commands.reap() },
      { what: 'When it can never be proven', command: commands.resolve(run.id) },
    ],
  }
}

function titleOf({ kind, data, run }: Notice): string {
  switch (kind) {
    case 'run.started':
      return 'chaos started'
    case 'run.refused':
      return 'run refused'
    case 'run.aborting':
      return 'run is aborting'
    case 'run.finished':
      return data.unproven === true ? 'ended without proof of undo' : `run ${run.status.replace('_', ' ')}`
    case 'approval.needed':
      return 'approval needed'
    case 'fault.active':
      return 'fault is active'
    case 'fault.failed':
      return 'fault failed'
    case 'fault.reverted':
      return 'fault is undone'
    case 'fault.recovered':
      return 'workload recovered'
    case 'fault.not_recovered':
      return 'workload did not recover'
    case 'threshold.breached':
      return 'threshold crossed'
    case 'undo.unproven':
      return 'COULD NOT BE UNDONE'
    default:
      return assertNever(kind)
  }
}

/** Accents go, whatever else is no printable ASCII becomes "?". */
function ascii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim()
}

function clip(text: string, length: number): string {
  return text.length <= length ? cutTo(text, length) : `${cutTo(text, length - 3)}...`
}
