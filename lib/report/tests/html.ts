import { clusterText } from '../cluster-text.ts'
import { pageFrame } from '../html/frame.ts'
import { stackTable } from '../html/tables.ts'
import { outputOf } from '../junit.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { stepOf, type TestedStep, type TestsRecord, testsDocument } from './document.ts'
import { familyColumns, familyRows, testColumns, testReasons, testRow, testsSentence } from './summary.ts'

/** Makes the report of tests as one HTML page that needs nothing else: no network, no script. Pure. */
export function testsHtml(record: TestsRecord): string {
  const document = testsDocument(record)
  const reasons = testReasons(document)
  const tone = { succeeded: 'good', skipped: 'calm', aborted: 'warn', failed: 'bad', refused: 'bad', unproven: 'bad' }[document.verdict]
  return pageFrame({
    title: `Tests (${document.asked}): ${document.verdict} (Faultline)`,
    body: markup`<main>
<header class="top">
<p class="brand">Faultline tests</p>
<p class="title"><span class="badge ${tone}">${document.verdict}</span></p>
<h1>Tests: ${document.asked}</h1>
<p class="lead">${testsSentence(document)}</p>
<p>${clusterText(document.cluster)}, namespace ${document.namespace}, <time datetime="${document.startedAt}">${document.startedAt}</time></p>
${reasons.length === 0 ? null : markup`<ul class="reasons" aria-label="Why">${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}
</header>
<section><h2>Families</h2>${stackTable('Families', familyColumns, familyRows(document).map(headed))}</section>
<section><h2>Tests</h2>${stackTable(
      'Tests',
      testColumns,
      document.tests.map((test) => headed(testRow(test))),
    )}</section>
<section><h2>What was seen</h2>${record.tests.map(seen)}</section>
</main>
<footer><p>Faultline: every fault is proven to bite, and proven to be undone.</p></footer>`,
    script: null,
    data: null,
  })
}

/** Its first cell names the row. */
function headed([first = '', ...rest]: readonly string[]): readonly Content[] {
  return [markup`<th scope="row">${first}</th>`, ...rest]
}

function seen(one: TestedStep): Markup | null {
  const { document, step } = stepOf(one)
  if (document === null || step === null) return null
  const lines = outputOf(step).map((text) => markup`<li>${text}</li>`)
  return markup`<article class="step"><header><h3>${one.result.name}</h3></header>
<details><summary>run <code>${document.run}</code>, seed ${document.seed}</summary><ul class="targets">${lines}</ul></details></article>`
}
