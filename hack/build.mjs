/**
 * Builds minik8s. Steps whose inputs did not change are skipped.
 *   node hack/build.mjs                   everything: generated types, OpenAPI documents, dist/minik8s.js
 *   node hack/build.mjs --generate-only   only src/apis/generated/
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cache = join(root, 'node_modules/.cache/minik8s')

/** Files below a directory, sorted. */
const filesBelow = directory =>
  readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** Runs a step unless its stamp says that it ran with the same inputs. */
async function step(name, { inputs, stamp, run }) {
  const hash = hashOf(inputs)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  const start = performance.now()
  await run()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
  console.log(`${name}: ${Math.round(performance.now() - start)} ms`)
}

const generatorInputs = () => [
  ...filesBelow('hack/generate').filter(file => !file.endsWith('.test.ts')),
  ...filesBelow('api/openapi/facts'),
  join(root, 'node_modules/@kubernetes/client-node/package.json'),
]

/** Bundles hack/generate and imports it. */
async function loadGenerator() {
  const outfile = join(cache, 'generate.mjs')
  await build({
    entryPoints: [join(root, 'hack/generate/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
  return import(pathToFileURL(outfile).href)
}

const generated = join(root, 'src/apis/generated')

await step('generate', {
  inputs: generatorInputs(),
  stamp: join(generated, '.inputs'),
  async run() {
    const { generateTypes } = await loadGenerator()
    rmSync(generated, { recursive: true, force: true })
    generateTypes({ root, output: generated })
  },
})
