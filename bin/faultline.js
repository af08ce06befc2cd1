#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read, so that it can tell them.
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const built = new URL('../dist/faultline.js', import.meta.url)
const isBuilt = existsSync(built)
// What is built needs node:sqlite, which is there without a flag since 22.13; Node runs TypeScript as it is since 22.18 and 23.6.
const runsBuilt = major >= 23 || (major === 22 && minor >= 13)
const runsTypeScript = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)

if (isBuilt ? !runsBuilt : !runsTypeScript) {
  console.error(`faultline needs Node ${isBuilt ? '22.13' : '22.18'} or newer; this is ${process.versions.node}.`)
  console.error('Run npm ci, then npx faultline (it brings its own Node).')
  process.exitCode = 2
} else {
  // The HTTP parser is WebAssembly. V8's optimising compiler would take 19 MiB for it, and a command's few hundred answers gain nothing by
  // that: the baseline compiler alone is used. All three are needed; the first implies the others only where it comes with the process.
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag)
  // Lists of thousands of pods come and go: V8 would let their garbage grow to several times of what lives. The nursery keeps its first
  // size and the heap grows by a fifth between two collections; a short command takes no more time for that.
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=20']) setFlagsFromString(flag)
  // Compiled code is kept for the next call, below the machine's temporary directory; where that cannot be written, nothing is kept.
  module.enableCompileCache?.()
  await import((isBuilt ? built : new URL('../cli/main.ts', import.meta.url)).href)
}
