/**
 * Entry of the package: runs the program's bundle with the code that V8 made of it in an earlier start, which halves the time of a start
 * (docs/decisions/0003-one-bundle-with-compiled-code.md). Built as `dist/minik8s.js` beside the bundle, `dist/main.js`.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'

/** Set by the build. V8 itself tells bundles apart by their length only. */
declare const bundleHash: string

/** What `dist/main.js` evaluates to: the program as the body of a function. */
type Bundle = (require: NodeJS.Require, module: { exports: object }, bundleUrl: string) => void

const bundle = join(__dirname, 'main.js')
/** V8 refuses the code of another version or of other flags; the version in its name lets several Nodes share a folder. */
const compiled = join(__dirname, `main-${bundleHash}-${process.version}-${process.arch}.compiled`)

function readCompiled(): Buffer | undefined {
  try {
    return readFileSync(compiled)
  } catch {
    return undefined
  }
}

/** Long enough for a server to have started, so that what a start runs is in it; commands that end sooner leave nothing. */
const keepAfterMs = 2_500

/** Where the package's folder cannot be written, every start compiles. */
function keepCompiled(script: Script): void {
  try {
    writeFileSync(`${compiled}.${process.pid}`, script.createCachedData(), { mode: 0o644 })
    renameSync(`${compiled}.${process.pid}`, compiled)
  } catch {}
}

const cachedData = readCompiled()
// The bundle holds ASCII only; read as latin1, it is not decoded.
const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle, cachedData })
if (!cachedData || script.cachedDataRejected) setTimeout(keepCompiled, keepAfterMs, script).unref()
const run = script.runInThisContext() as Bundle
run(createRequire(bundle), { exports: {} }, pathToFileURL(bundle).href)
