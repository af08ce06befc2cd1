import { writeFileSync } from 'node:fs'
import { hostileScenarios } from './hostile/all.ts'
import { playReboots, rebootRounds, reboots } from './hostile/reboots.ts'
import type { HostileScenario } from './hostile/scenario.ts'
import { type Kill, killsInShort, playKills } from './kills.ts'
import { type Observer, openObserver } from './observer.ts'
import { readOptions } from './options.ts'
import { openPlace, type Place } from './place.ts'
import { play, type Result } from './play.ts'
import { scenarios } from './scenarios.ts'
import { openStage } from './stage.ts'
import { playSuite, suiteNames } from './suites.ts'
import { playTests } from './test-all.ts'

/** One line of the table of told against true. */
interface Held {
  readonly name: string
  readonly told: string
  readonly truth: string
  readonly agree: boolean | undefined
}

function table(results: readonly Result[]): string {
  const cell = (value: number | null) => (value === null ? '' : value.toFixed(1))
  const rows = results.map(
    (r) =>
      `| ${r.name} | ${r.verdict}${r.ok ? '' : ' (!)'} | ${cell(r.planToBite)} | ${cell(r.endToUndone)} | ${cell(r.fuseToGone)} | ${r.note} |`,
  )
  return [
    '| scenario | verdict | plan to bite, s | planned end to proven undone, s | fuse deadline to gone, s | note |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function tableOfTruth(held: readonly Held[]): string {
  const cell = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
  const rows = held.map(({ name, told, truth, agree }) => `| ${name}${agree === false ? ' (!)' : ''} | ${cell(told)} | ${cell(truth)} |`)
  return ['| scenario | told | true |', '|---|---|---|', ...rows].join('\n')
}

async function against(scenario: HostileScenario, observer: Observer): Promise<Held> {
  const stage = openStage({ place, observer, options })
  try {
    const account = await scenario.play(stage)
    if (account.agree === false) say(stage.lastOutput())
    return { name: scenario.name, ...account }
  } catch (error) {
    say(stage.lastOutput())
    return { name: scenario.name, told: error instanceof Error ? error.message : 'failed', truth: '', agree: false }
  } finally {
    await stage.close()
  }
}

function tellHeld(one: Held): void {
  held.push(one)
  say(`${one.agree === false ? 'FAIL' : one.agree === undefined ? '--  ' : 'ok  '} ${one.name}: told: ${one.told}; true: ${one.truth}`)
}

const say = (line: string) => process.stderr.write(`${line}\n`)
const options = readOptions(process.argv.slice(2))
const isChosen = (name: string) => options.only.length === 0 || options.only.some((part) => name.includes(part))
const place = await openPlace(options)
const others: Place[] = []
const results: Result[] = []
const held: Held[] = []
let kills: readonly Kill[] = []
let rightsOk = false
try {
  const { asked, wrong } = await place.account.wrongRights()
  say(
    `${wrong.length === 0 ? 'ok  ' : 'FAIL'} rights of deploy/rbac.yaml: ${asked} asked of the API server, ${wrong.length} wrong ${wrong.join('; ')}`,
  )
  const [pod] = await place.pods()
  const abused = await place.admission.wronglyAdmitted(pod?.metadata.name ?? '', pod?.spec.nodeName ?? '')
  say(
    `${abused.wrong.length === 0 ? 'ok  ' : 'FAIL'} policies of deploy/admission: ${abused.tried} abuses tried, ${abused.wrong.length} not refused ${abused.wrong.join('; ')}`,
  )
  rightsOk = wrong.length + abused.wrong.length === 0
  const plays = scenarios.filter(({ name }) => isChosen(name)).map((scenario) => () => play(place, options, scenario))
  if (isChosen('test all')) plays.push(() => playTests(place, options))
  for (const suite of suiteNames) if (isChosen(`suite ${suite}`)) plays.push(() => playSuite(place, options, suite))
  for (const one of plays) {
    const result = await one()
    results.push(result)
    say(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name}: ${result.verdict} ${result.note}`)
  }
  const hostile = hostileScenarios.filter(({ name }) => isChosen(name))
  const chosenReboots = reboots.filter(({ name }) => isChosen(name))
  if (hostile.length + chosenReboots.length + options.kills > 0) {
    const observer = await openObserver(place, options)
    for (const scenario of hostile) {
      tellHeld(await against(scenario, observer))
    }
    const places = [{ place, observer, options }]
    while (chosenReboots.length + options.kills > 0 && places.length < options.places) {
      const other = await openPlace(options)
      others.push(other)
      places.push({ place: other, observer: await openObserver(other, options), options })
    }
    for (const round of rebootRounds(chosenReboots, options.places)) {
      const stages = places.map((one) => openStage(one))
      const accounts = await playReboots(stages, round)
      for (const [n, account] of accounts.entries()) {
        if (account.agree === false) say(stages[n]?.lastOutput() ?? '')
        tellHeld({ name: round[n]?.name ?? '', ...account })
      }
      for (const stage of stages) await stage.close()
    }
    const { seed, kills: count } = options
    const tell = (kill: Kill) => say(`${kill.left.length === 0 ? 'ok  ' : 'FAIL'} kill: ${JSON.stringify(kill)}`)
    kills = await playKills(places, { count, seed, tell })
  }
} finally {
  for (const other of others) await other.close()
  await place.close()
}
if (results.length > 0) process.stdout.write(`${table(results)}\n`)
if (held.length > 0) process.stdout.write(`\n${tableOfTruth(held)}\n`)
if (kills.length > 0) process.stdout.write(`\n${killsInShort(kills, options.seed)}\n`)
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ results, held, kills, seed: options.seed }, null, 2))
const oks = [...results.map((r) => r.ok), ...held.map((h) => h.agree), ...kills.map((k) => k.left.length === 0)]
const count = (what: boolean | undefined) => oks.filter((ok) => ok === what).length
process.stdout.write(`${count(true)} passed, ${count(false)} failed, ${count(undefined)} not run\n`)
process.exitCode = count(false) === 0 && rightsOk ? 0 : 1
