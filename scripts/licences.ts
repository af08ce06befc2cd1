import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i

/** `node_modules/a/node_modules/@b/c/x.js` → `node_modules/a/node_modules/@b/c`; undefined for a file of ours. */
function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]
}

/** Names, versions and licence texts of the packages that these files belong to, each once. @throws Error for a package without a licence */
export async function licencesOf(files: readonly string[]): Promise<string> {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined))
  const texts = await Promise.all([...folders].sort().map(licenceOf))
  return `${[...new Set(texts)].join(`\n${'-'.repeat(80)}\n\n`)}`
}

async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Readonly<Record<string, string>>
  const names = (await readdir(folder)).filter((file) => licenceFile.test(file)).sort()
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), 'utf8')))
  if (license === undefined && texts.length === 0) throw new Error(`${folder} names no licence`)
  return `${name} ${version} (${license ?? 'see below'})\n\n${texts.map((text) => `${text.trim()}\n`).join('\n')}`
}
