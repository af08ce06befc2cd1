import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { licencesOf } from './licences.ts'

/**
 * Of client-node the command uses how a kubeconfig is read and how its users authenticate. Its index also names 1,000 files of generated
 * classes; they do nothing when they are loaded, though its package.json does not say so, and are left out where none of them is used.
 */
const withoutUnusedModels: Plugin = {
  name: 'without-unused-models',
  setup({ onResolve, resolve }) {
    const own = 'resolved by this plugin'
    onResolve({ filter: /^@kubernetes\/client-node$|^\./ }, async ({ path, pluginData, ...args }) => {
      const isOfClient = path.startsWith('@kubernetes/') || args.importer.includes('/@kubernetes/client-node/')
      if (pluginData === own || !isOfClient) return undefined
      const { errors, ...found } = await resolve(path, {
        kind: args.kind,
        importer: args.importer,
        resolveDir: args.resolveDir,
        pluginData: own,
      })
      return errors.length > 0 ? { errors } : { path: found.path, sideEffects: false }
    })
  },
}

/**
 * Makes what `npm pack` ships: the command as ES modules that hold every package they use, in pieces that are loaded when a command needs
 * them; source maps beside them, and the licences of what is in them in one file.
 */
async function buildCommand(): Promise<void> {
  const outdir = 'dist'
  await rm(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { faultline: 'cli/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minify: true,
    // Errors are told by their class's name.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    // Packages with both forms (jsonc-parser) are taken in the one that a bundler sees through.
    mainFields: ['module', 'main'],
    plugins: [withoutUnusedModels],
    // Packages in CommonJS ask for Node's own modules by `require`, which an ES module has not.
    banner: { js: "import { createRequire as faultlineRequire } from 'node:module'; const require = faultlineRequire(import.meta.url);" },
  })
  await writeFile(join(outdir, 'licences.txt'), await licencesOf(Object.keys(metafile.inputs)))
}

await buildCommand()
