import { resolve } from 'node:path'

/** The command under test: from this clone's sources, or the installed one that CI names to run the same tests against what ships. */
export const faultlineBin = resolve(process.env.FAULTLINE_TEST_BIN ?? 'bin/faultline.js')
