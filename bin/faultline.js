#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read, so that it can tell them.
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const built = new URL('../dist/cli/main.js', import.meta.url)
const isBuilt = existsSync(built)
// Node runs TypeScript as it is since 22.18 and 23.6; what was built needs 22.
const runsTypeScript = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)

if (isBuilt ? major < 22 : !runsTypeScript) {
  console.error(`faultline needs Node ${isBuilt ? '22' : '22.18'} or newer; this is ${process.versions.node}.`)
  console.error('Run npm ci, then npx faultline (it brings its own Node).')
  process.exitCode = 2
} else {
  await import((isBuilt ? built : new URL('../cli/main.ts', import.meta.url)).href)
}
