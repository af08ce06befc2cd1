import { expect, test } from '@jest/globals'
import { parseSuite } from '../../lib/suite/parse.ts'

const memory = { name: 'A', type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 10 }
const textOf = (top: object) => JSON.stringify({ name: 'S', experiments: [memory], ...top })
const http = { name: 'a', type: 'http', url: 'https://shop/health', tolerance: 200 }
const bad = (probe: object) => ({ probes: [{ ...http, ...probe }] })
const prom = (probe: object) => ({ probes: [{ name: 'a', type: 'prometheus', query: 'up', tolerance: 1, ...probe }] })
const onA = (threshold: object, probe: object = {}) => ({
  probes: [{ ...http, ...probe }],
  thresholds: [{ probe: 'a', when: '> 1', ...threshold }],
})

test.each([
  ['an address of another kind', bad({ url: 'ftp://x' }), 'probes[0].url', '`ftp://x` is not an http or https address'],
  [
    'a password in an address',
    bad({ url: 'http://u:p@x' }),
    'probes[0].url',
    'user and password do not belong into an address: use `headers`',
  ],
  [
    'a base address with a query',
    prom({ url: 'http://p/?tenant=a' }),
    'probes[0].url',
    'is a base address: it has no query and no fragment',
  ],
  [
    'a header with a line break',
    bad({ headers: { a: 'b\n\u001b[2Jc' } }),
    'probes[0].headers',
    'not HTTP headers: Headers.append: "b\\u000a\\u001b[2Jc" is an invalid header value.',
  ],
  ['a kind that is none', bad({ type: 'htpp' }), 'probes[0].type', '`htpp`: did you mean `http`? Allowed: http, prometheus, kubernetes'],
  ['no kind', { probes: [{ name: 'a' }] }, 'probes[0].type', 'missing. Allowed: http, prometheus, kubernetes'],
  ['a preset that is none', { probes: [{ preset: 'jadevectordb-p59' }] }, 'probes[0].preset', 'did you mean `jadevectordb-p95`?'],
  [
    'a key of another kind beside a preset',
    { probes: [{ preset: 'jadevectordb-p95', selector: 'a=b' }] },
    'probes[0].selector',
    'does not go with preset `jadevectordb-p95`, a prometheus probe',
  ],
  ['an unknown key', bad({ tolerence: 1 }), 'probes[0].tolerence', 'unknown key `tolerence`: did you mean `tolerance`?'],
  ['a query of HTTP', bad({ query: 'up' }), 'probes[0].query', 'unknown key `query`'],
  ['a comparison with words', bad({ tolerance: '< ten' }), 'probes[0].tolerance', '`< ten` is no comparison; write e.g. "< 0.1"'],
  [
    'a range the wrong way round',
    bad({ tolerance: { min: 2, max: 1 } }),
    'probes[0].tolerance',
    'min 2 is above max 1: nothing would be within',
  ],
  ['a tolerance that says nothing', bad({ tolerance: {} }), 'probes[0].tolerance', 'says nothing; expected min, max, op or regex'],
  [
    'no tolerance',
    { probes: [{ name: 'a', type: 'http', url: 'http://x' }] },
    'probes[0].tolerance',
    'missing; expected a number, true or false, a string or an object',
  ],
  ['a regex that does not compile', bad({ tolerance: { regex: '(' } }), 'probes[0].tolerance.regex', '`(` is no regular expression'],
  ['a regex that may take for ever', bad({ read: { regex: '(a+)+$' } }), 'probes[0].read.regex', 'may take for ever on some texts'],
  ['a JSONPath that is none', bad({ read: { jsonpath: '$.[' } }), 'probes[0].read.jsonpath', '`$.[` is no JSONPath (RFC 9535)'],
  [
    'a header of the connection',
    bad({ headers: { 'Transfer-Encoding': 'chunked' } }),
    'probes[0].headers',
    '`Transfer-Encoding` is not a header to give: it belongs to the connection, and each question has its own',
  ],
  ['a header twice', bad({ headers: { Host: 'a', host: 'b' } }), 'probes[0].headers', '`host` is given twice'],
  ['a header that is none', bad({ headers: { 'a b': 'c' } }), 'probes[0].headers', 'not HTTP headers: '],
  ['a body without POST', bad({ body: 'x' }), 'probes[0].body', 'does not go with GET. Allowed: only with "method": "POST"'],
  [
    'a part of an answer to HEAD',
    bad({ method: 'HEAD', read: 'body' }),
    'probes[0].read',
    'an answer to HEAD has no body. Allowed: status, latency',
  ],
  ['no interval', bad({ interval: 0 }), 'probes[0].interval', 'found the number `0`; allowed: at least 1 seconds'],
  ['a long timeout', bad({ timeout: 61 }), 'probes[0].timeout', 'found the number `61`; allowed: at most 60 seconds'],
  ['half a retry', bad({ retries: 0.5 }), 'probes[0].retries', 'expected a whole number'],
  ['too much weight', bad({ weight: 11 }), 'probes[0].weight', 'allowed: at most 10'],
  ['a mode that is none', bad({ mode: 'allways' }), 'probes[0].mode', 'Allowed: before, during, after, edge, continuous'],
  ['a name with control characters', bad({ name: 'a\nb' }), 'probes[0].name', 'is not a name for this'],
  ['no query', prom({ query: '' }), 'probes[0].query', 'found 0 characters; allowed: at least 1'],
  [
    'a step above its window',
    prom({ range: { window: 10, step: 20, reduce: 'avg' } }),
    'probes[0].range',
    'found a step of 20 in a window of 10; allowed: 1 to 1000 steps',
  ],
  ['no way to reduce', prom({ range: { window: 10 } }), 'probes[0].range.reduce', 'missing. Allowed: last, min, max, avg'],
  [
    'what pods do not have',
    { probes: [{ name: 'a', type: 'kubernetes', read: 'redy', tolerance: 1 }] },
    'probes[0].read',
    '`redy`: did you mean `ready`?',
  ],
  ['a name twice', { probes: [http, http] }, 'probes[1]', '`a` is the name of probes[0] too; give it another `name`'],
  [
    'a preset twice',
    { probes: [{ preset: 'jadevectordb-p95' }, { preset: 'jadevectordb-p95' }] },
    'probes[1]',
    'is the name of probes[0] too',
  ],
  [
    '21 probes',
    { probes: Array.from({ length: 21 }, (_, i) => ({ ...http, name: `a${i}` })) },
    'probes',
    'found a list of 21; allowed: at most 20 entries',
  ],
  [
    'more probes and steps than a record holds',
    { probes: Array.from({ length: 10 }, (_, i) => ({ ...http, name: `a${i}` })), experiments: Array.from({ length: 51 }, () => memory) },
    'probes',
    'found 10 for 51 steps; allowed: at most 9 (steps times probes: 500)',
  ],
  ['a threshold on no probe', onA({ probe: 'b' }), 'thresholds[0].probe', '`b` is no probe. Allowed: a'],
  [
    'a threshold on a probe with another name',
    { probes: [{ ...http, name: 'errors' }], thresholds: [{ probe: 'erors', when: '> 1' }] },
    'thresholds[0].probe',
    '`erors`: did you mean `errors`?',
  ],
  [
    'a threshold without probes',
    { thresholds: [{ probe: 'b', when: '> 1' }] },
    'thresholds[0].probe',
    '`b` is no probe: the suite has none',
  ],
  [
    'a threshold on a probe that is not asked during the run',
    onA({}, { mode: 'edge' }),
    'thresholds[0].probe',
    '`a` has the mode `edge`; a threshold needs `during` or `continuous`',
  ],
  ['a threshold without a comparison', onA({ when: '5' }), 'thresholds[0].when', '`5` is no comparison'],
  [
    'a threshold with a comparison that is none',
    onA({ when: { op: '=>', value: 1 } }),
    'thresholds[0].when.op',
    'Allowed: <, <=, ==, !=, >=, >',
  ],
  ['a negative time', onA({ for: -1 }), 'thresholds[0].for', 'allowed: at least 0 seconds'],
  ['a severity that is none', onA({ severity: 'page' }), 'thresholds[0].severity', 'Allowed: info, warning, critical'],
  ['an action that is none', onA({ action: 'stop' }), 'thresholds[0].action', 'Allowed: notify, abort'],
  [
    'thresholds of one name',
    {
      probes: [http],
      thresholds: [
        { name: 't', probe: 'a', when: '> 1' },
        { name: 't', probe: 'a', when: '> 2' },
      ],
    },
    'thresholds[1]',
    '`t` is the name of thresholds[0] too',
  ],
  ['probes of a step', { experiments: [{ ...memory, probes: [] }] }, 'experiments[0].probes', '`probes` belongs to the suite, not here'],
])('%s is told with its path', (_, top, path, message) => {
  const parsed = parseSuite(textOf(top), 'suite.json')
  const problems = parsed.ok ? [] : parsed.problems.map((problem) => [problem.path, problem.message])
  expect(problems).toEqual([[path, expect.stringContaining(message)]])
})

test('a name that two probes have is offered once', () => {
  const parsed = parseSuite(textOf({ probes: [http, http], thresholds: [{ probe: 'zz', when: '> 1' }] }), 'suite.json')
  expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.message)).toContain('`zz` is no probe. Allowed: a')
})
