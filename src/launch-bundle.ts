/** Runs a bundle with the code that V8 made of it in an earlier start, which halves the time of a start (docs/decisions/0003-one-bundle-with-compiled-code.md). */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'

/** What a bundle evaluates to: the program as the body of a function. */
type Bundle = (require: NodeJS.Require, module: { exports: object }, bundleUrl: string) => void

function readCompiled(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** Where the package's folder cannot be written, every start compiles. */
function keepCompiled(script: Script, path: string): void {
  try {
    writeFileSync(`${path}.${process.pid}`, script.createCachedData(), { mode: 0o644 })
    renameSync(`${path}.${process.pid}`, path)
  } catch {}
}

export interface BundleOptions {
  /** File name of the bundle, beside the launcher. */
  name: string
  /** Of its contents. V8 itself tells bundles apart by their length only. */
  hash: string
  /** Calls back when what was compiled so far is worth keeping. */
  keep(callback: () => void): void
}

/** Returns what the bundle exports. */
export function runBundle({ name, hash, keep }: BundleOptions): object {
  const bundle = join(__dirname, `${name}.js`)
  // V8 refuses the code of another version or of other flags; the version in its name lets several Nodes share a folder.
  const compiled = join(__dirname, `${name}-${hash}-${process.version}-${process.arch}.compiled`)
  const cachedData = readCompiled(compiled)
  // The bundle holds ASCII only; read as latin1, it is not decoded.
  const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle, cachedData })
  if (!cachedData || script.cachedDataRejected) keep(() => keepCompiled(script, compiled))
  const run = script.runInThisContext() as Bundle
  const module = { exports: {} }
  run(createRequire(bundle), module, pathToFileURL(bundle).href)
  return module.exports
}
