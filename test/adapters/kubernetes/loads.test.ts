import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '..', '..', '..')
const sources = ['lib', 'cli', 'functions'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file: `${folder}/${file}`, text: readFileSync(join(root, folder, file), 'utf8') })),
)

test('client-node, which takes longer to load than all the rest, is loaded for an auth-provider only', () => {
  const importing = sources.filter(({ text }) => /from '@kubernetes\/client-node'/.test(text)).map(({ file }) => file)
  expect(importing).toEqual(['lib/adapters/kubernetes/auth-provider.ts'])
  const values = sources.filter(({ text }) => /import (?!type)[^\n]*from '.*\/auth-provider\.ts'/.test(text)).map(({ file }) => file)
  expect(values).toEqual([])
})
