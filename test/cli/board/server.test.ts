import { request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { BoardPages } from '../../../cli/board/board-pages.ts'
import type { BoardServer } from '../../../cli/board/server.ts'
import { isFromHere, isOurHost } from '../../../cli/board/visitor.ts'
import { gameDay } from '../../report/game-day.ts'
import { hostileDay } from '../../report/hostile.ts'
import { refusedDay } from '../../report/refused-day.ts'
import { type Fake, fakeBoard, fakeSource, holding } from './fake-source.ts'

let fake: Fake
let board: BoardServer

beforeEach(async () => {
  fake = fakeSource([holding, gameDay, refusedDay, hostileDay], [holding.run])
  board = await fakeBoard(fake)
})

afterEach(() => board.close())

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Any header, which `fetch` would not send. */
function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${board.url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function token(): Promise<string> {
  const { text } = await ask('/')
  return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? ''
}

const form = (fields: Readonly<Record<string, string>>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
})

describe('the board', () => {
  it('halts, lifts the halt, and aborts one run, by its own forms', async () => {
    const known = await token()
    expect((await ask('/halt', form({ token: known, why: ' customers call ' }))).status).toBe(303)
    expect((await ask('/')).text).toContain('<strong>Halted</strong> by ana@desk at 09:03:20Z: customers call. No run starts.')
    expect((await ask('/resume', form({ token: known, why: 'it is over' }))).status).toBe(303)
    expect((await ask('/runs/shop-game-day-now/abort', form({ token: known, why: 'enough' }))).status).toBe(303)
    expect(fake.deeds.done).toEqual(['halt: customers call', 'resume: it is over', 'abort shop-game-day-now: enough'])
  })

  it('changes nothing without its token, without a reason, or for a page of another origin', async () => {
    const known = await token()
    const own = form({ token: known, why: 'x' })
    const origin = (value: string) => ({ ...own, headers: { ...own.headers, origin: value } })
    const refused = [
      await ask('/halt', form({ why: 'x' })),
      await ask('/halt', form({ token: `${known.slice(0, -1)}-`, why: 'x' })),
      await ask('/halt', origin('http://evil.example')),
      await ask('/halt', origin('null')),
      await ask('/halt', { ...own, headers: { ...own.headers, 'sec-fetch-site': 'cross-site' } }),
      await ask('/halt', form({ token: known, why: '  ' })),
      await ask('/halt', form({ token: known, why: 'x'.repeat(5_000) })),
      await ask('/anything', own),
      await ask('/halt', { method: 'DELETE' }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 400, 400, 404, 405])
    expect(fake.deeds.done).toEqual([])
    expect((await ask('/halt', origin(board.url))).status).toBe(303)
  })

  it('answers only under its own name: not to a page whose name was turned to this machine', async () => {
    const { port } = new URL(board.url)
    const status = async (host: string, path = '/') => (await ask(path, { headers: { host } })).status
    expect(await Promise.all([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].map((host) => status(host)))).toEqual([
      200, 200, 200,
    ])
    expect(await Promise.all(['/', '/events', '/runs'].map((path) => status(`rebound.example:${port}`, path)))).toEqual([421, 421, 421])
    expect(isOurHost('board.example:8001', 'board.example')).toBe(true)
    expect(isOurHost(undefined, '')).toBe(false)
  })

  it('is to look at only from another machine', async () => {
    const from = (remoteAddress: string) => isFromHere({ socket: { remoteAddress } as Socket })
    expect(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1'].map(from)).toEqual([true, true, true, true])
    expect(['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', '2001:db8::127', '1.127.0.1', ''].map(from)).toEqual(Array(6).fill(false))
    const pages = new BoardPages(fake.source, async () => [])
    await fake.source.halt('x')
    const html = async (mayAct: boolean) => (await pages.page(new URL('http://board/'), { token: 'the-token', mayAct })).html
    expect((await html(true)).split('the-token').length - 1).toBe(3)
    expect(await html(false)).not.toMatch(/the-token|<form/)
    expect(await html(false)).toContain('Look only: halt and abort work on the machine that the board runs on.')
  })

  it('lets no page be framed or embedded, and names what may run by its hash', async () => {
    for (const path of ['/', '/runs', '/trends', '/calendar', '/audit', `/runs/${gameDay.run.id}`]) {
      const { status, headers } = await ask(path)
      expect([path, status]).toEqual([path, 200])
      expect(headers['x-frame-options']).toBe('DENY')
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^;]+; script-src 'sha256-[^;']+'; .*frame-ancestors 'none'$/,
      )
      expect(headers['cache-control']).toBe('no-store')
    }
  })

  it('shows what ran, what differs between two runs, who did what, and what it does not know', async () => {
    expect((await ask('/runs')).text).toContain('77')
    const { text } = await ask(`/diff?before=${gameDay.run.id}&now=${refusedDay.run.id}`)
    expect(text).toMatch(/<h2>What got worse<\/h2>/)
    expect((await ask('/audit')).text).toContain('requested by ana@desk')
    expect((await ask('/runs/none')).status).toBe(404)
    expect((await ask('/diff?before=none&now=none')).status).toBe(404)
    expect((await ask('/nowhere')).status).toBe(404)
    expect((await ask('/runs/%E0%A4%A')).status).toBe(404)
  })

  it('keeps hostile text as text, on every page and in what is live', async () => {
    for (const path of [
      '/',
      '/runs',
      '/trends',
      '/calendar?month=2026-01',
      '/audit',
      `/runs/${encodeURIComponent(hostileDay.run.id)}`,
      `/diff?before=${gameDay.run.id}&now=${refusedDay.run.id}`,
    ]) {
      const { text } = await ask(path)
      expect([path, /<img|alert\(1\)<\/script>|\u202e/.test(text.replace(/<script[\s\S]*?<\/script>/g, ''))]).toEqual([path, false])
    }
  })

  it('tells a page that is open what changes, and only that', async () => {
    const events: string[] = []
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(`${board.url}/events`, (response) => {
        response.setEncoding('utf8').on('data', (part: string) => {
          events.push(part)
          if (events.length === 1) void fake.source.halt('enough')
          if (events.join('').includes('enough')) {
            request.destroy()
            resolve()
          }
        })
      })
      request.on('error', (error) => (error.message.includes('socket hang up') ? undefined : reject(error)))
      request.end()
    })
    const views = events
      .join('')
      .split('\n\n')
      .filter((one) => one !== '')
      .map((one) => JSON.parse(one.slice(one.indexOf('data: ') + 6)))
    expect(views[0].whole).toContain('data-run="shop-game-day-now"')
    expect(views[0].charts['shop-game-day-now'].probes.length).toBe(4)
    expect(views.at(-1).whole).toBeUndefined()
    expect(Object.keys(views.at(-1).slots)).toEqual(['halted'])
  }, 20_000)
})
