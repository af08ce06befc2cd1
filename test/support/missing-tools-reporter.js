import { readFileSync, rmSync } from 'node:fs'

/** Last of all, names every tool that tests were skipped for, and what installs it (test/support/tools.ts notes them). */
export default class MissingToolsReporter {
  onRunStart() {
    rmSync(process.env.FAULTLINE_MISSING_TOOLS_FILE, { force: true })
  }

  onRunComplete() {
    const missing = new Map()
    for (const line of lines(process.env.FAULTLINE_MISSING_TOOLS_FILE)) {
      const { tool, install, title } = JSON.parse(line)
      missing.set(tool, { install, titles: new Set([...(missing.get(tool)?.titles ?? []), title]) })
    }
    rmSync(process.env.FAULTLINE_MISSING_TOOLS_FILE, { force: true })
    if (missing.size === 0) return
    const told = [...missing].map(([tool, { install, titles }]) => `  ${tool} (${install}): ${[...titles].join('; ')}`)
    // Jest's own summary comes after every reporter's word.
    process.once('exit', () => process.stderr.write(`\nSkipped, as these tools are not on this machine:\n${told.join('\n')}\n`))
  }
}

function lines(file) {
  try {
    return readFileSync(file, 'utf8').trim().split('\n')
  } catch {
    return []
  }
}
