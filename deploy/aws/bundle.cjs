// Plugin of osls: bundles the functions, and zips them with what they read. osls requires CommonJS here. Run by Node 24.
const { globSync } = require('node:fs')
const { cp, readdir, readFile, rm, writeFile } = require('node:fs/promises')
const { basename, join } = require('node:path')
const { build } = require('esbuild')
const { zipSync } = require('fflate')

/** Zips know no zone; the same content makes the same zip, which is then not deployed again. */
const mtime = new Date(1980, 0, 1)

/**
 * All functions in one zip, as ES modules in pieces that several of them share and that are read when they are needed: Lambda parses at a
 * cold start what that start uses, and nothing else.
 */
class Bundle {
  constructor(serverless) {
    this.serverless = serverless
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.zip(),
      'before:deploy:function:packageFunction': () => this.zip(),
      'before:invoke:local:invoke': () => this.invokeHere(),
    }
  }

  /** → the folder with the functions and the files of `package.patterns`. */
  async bundle() {
    const { serviceDir, service } = this.serverless
    const outdir = join(serviceDir, '.serverless', 'build')
    const handlers = service.getAllFunctions().map((name) => service.getFunction(name).handler)
    await rm(outdir, { recursive: true, force: true })
    await build({
      absWorkingDir: serviceDir,
      entryPoints: handlers.map((handler) => handler.replace(/\.[^.]+$/, '.ts')),
      outdir,
      outbase: '.',
      outExtension: { '.js': '.mjs' },
      chunkNames: 'functions/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      minify: true,
      // Errors are told by their class's name.
      keepNames: true,
      legalComments: 'none',
      logLevel: 'warning',
      // Packages with both forms are taken in the one that a bundler sees through.
      mainFields: ['module', 'main'],
      // Only an `auth-provider` of a kubeconfig needs it, which is refused in a function.
      external: ['@kubernetes/client-node'],
      // Packages in CommonJS ask for Node's own modules by `require`, which an ES module has not.
      banner: { js: "import { createRequire as faultlineRequire } from 'node:module'; const require = faultlineRequire(import.meta.url);" },
    })
    const patterns = service.package.patterns ?? []
    const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
    const wanted = patterns.filter((pattern) => !pattern.startsWith('!'))
    for (const file of globSync(wanted, { cwd: serviceDir, exclude })) await cp(join(serviceDir, file), join(outdir, file))
    return outdir
  }

  async zip() {
    const folder = await this.bundle()
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    const files = {}
    for (const path of paths.sort()) files[path] = [new Uint8Array(await readFile(join(folder, path))), { mtime, level: 9 }]
    const { serviceDir, service } = this.serverless
    service.package.artifact = join('.serverless', `${service.service}.zip`)
    await writeFile(join(serviceDir, service.package.artifact), zipSync(files))
  }

  /** `osls invoke local` asks for the handler by `require` and knows no `.mjs`. */
  async invokeHere() {
    const folder = await this.bundle()
    for (const name of this.serverless.service.getAllFunctions()) {
      const path = this.serverless.service.getFunction(name).handler.replace(/\.[^.]+$/, '')
      await writeFile(join(folder, `${path}.cjs`), `module.exports = require('./${basename(path)}.mjs')\n`)
    }
    this.serverless.serviceDir = folder
  }
}

module.exports = Bundle
