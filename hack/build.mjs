/**
 * Builds minik8s. Steps whose inputs did not change are skipped.
 *   node hack/build.mjs                   everything: generated types, OpenAPI documents, dist/minik8s.js, the libraries
 *   node hack/build.mjs --generate-only   only src/apis/generated/
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { deferredPackages } from './deferred-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generated = join(root, 'src/apis/generated')
const dist = join(root, 'dist')

/** Files below a directory, sorted; tests are no input of anything. */
const filesBelow = directory =>
  readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && !/\.test\.ts$|^\.inputs$/.test(entry.name))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

function hashOf(files) {
  const hash = createHash('sha256').update(process.version)
  for (const file of files)
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}

/** Runs a step unless its stamp says that it ran with the same inputs. */
async function step(name, { inputs, stamp, run, log }) {
  const hash = hashOf(inputs)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  const start = performance.now()
  await run()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
  log(`${name}: ${Math.round(performance.now() - start)} ms`)
}

const generatorInputs = () => [
  ...filesBelow('hack/generate'),
  ...filesBelow('api/openapi/facts'),
  ...['@kubernetes/client-node', 'kubernetes-models', '@kubernetes-models/apimachinery'].map(name =>
    join(root, 'node_modules', name, 'package.json'),
  ),
]

/** Bundles hack/generate and imports it. */
export async function loadGenerator() {
  const { build: bundle } = await import('esbuild')
  const outfile = join(root, 'node_modules/.cache/minik8s', `generate-${process.pid}.mjs`)
  await bundle({
    entryPoints: [join(root, 'hack/generate/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
  try {
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(outfile)
  }
}

/** Writes what changed and removes what is no longer generated, so that whoever reads meanwhile never finds an empty folder. */
function writeGenerated(files) {
  mkdirSync(generated, { recursive: true })
  for (const [name, text] of files) {
    const file = join(generated, name)
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
  }
  for (const name of readdirSync(generated)) if (!files.has(name) && name !== '.inputs') rmSync(join(generated, name))
}

/** Optional native parts of packages: they stay in node_modules, if they are there at all. */
const external = ['cpu-features', 'bufferutil', 'utf-8-validate', '*.node']

const bundleSettings = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
  write: false,
}

/** A program as one expression in ASCII, which src/launch-bundle.ts compiles and calls. */
const programSettings = (source, name) => ({
  ...bundleSettings,
  entryPoints: [join(root, source)],
  outfile: join(dist, `${name}.js`),
  external,
  plugins: [deferredPackages],
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: '(function (require, module, bundleUrl) { "use strict"; const { exports } = module;' },
  footer: { js: '})' },
  legalComments: 'external',
})

/** The command, and the libraries. */
const programs = [
  { source: 'src/main.ts', name: 'main', launcher: 'src/launch.ts', file: 'minik8s', banner: '#!/usr/bin/env node' },
  { source: 'src/embedding/index.ts', name: 'embedded', launcher: 'src/launch-embedded.ts', file: 'index' },
  { source: 'src/operator/index.ts', name: 'operator', launcher: 'src/launch-operator.ts', file: 'controller-runtime' },
]

const launcherSettings = ({ launcher, file, banner }, bundleHash) => ({
  ...bundleSettings,
  entryPoints: [join(root, launcher)],
  outfile: join(dist, `${file}.js`),
  define: { bundleHash: JSON.stringify(bundleHash) },
  ...(banner && { banner: { js: banner } }),
})

/** Replaces files in one step each: a program that is starting meanwhile finds the old one or the new one. */
function replaceFiles(files) {
  for (const { path, contents } of files) {
    writeFileSync(`${path}.new`, contents, { mode: 0o755 })
    renameSync(`${path}.new`, path)
  }
}

/** The bundle with its launcher. */
async function bundleOf(bundle, program) {
  const { outputFiles } = await bundle(programSettings(program.source, program.name))
  const hash = createHash('sha256')
  for (const { contents } of outputFiles) hash.update(contents)
  const launcher = await bundle(launcherSettings(program, hash.digest('hex').slice(0, 16)))
  return [...outputFiles, ...launcher.outputFiles]
}

async function bundlePrograms() {
  const { build: bundle, stop } = await import('esbuild')
  const files = (await Promise.all(programs.map(program => bundleOf(bundle, program)))).flat()
  // `npm start` goes on in this process: esbuild's own would stay beside the cluster for as long as it runs.
  await stop()
  mkdirSync(dist, { recursive: true })
  // The package is of type `module`; what is here is not.
  const type = { path: join(dist, 'package.json'), contents: '{ "type": "commonjs" }\n' }
  replaceFiles([type, ...files])
  for (const name of readdirSync(dist)) if (name.endsWith('.compiled')) rmSync(join(dist, name))
}

/** `log` gets a line for each step that ran. Throws when a step fails. */
export async function build({ generateOnly = false, log = console.log } = {}) {
  await step('generate types', {
    inputs: generatorInputs(),
    stamp: join(generated, '.inputs'),
    run: async () => writeGenerated((await loadGenerator()).generateTypes(root)),
    log,
  })
  if (generateOnly) return
  await step('generate OpenAPI', {
    inputs: generatorInputs(),
    stamp: join(dist, 'openapi/.inputs'),
    run: async () => {
      rmSync(join(dist, 'openapi'), { recursive: true, force: true })
      ;(await loadGenerator()).generateOpenApi(root, join(dist, 'openapi'))
    },
    log,
  })
  await step('bundle', {
    inputs: [
      ...filesBelow('src'),
      ...['package-lock.json', 'hack/build.mjs', 'hack/deferred-packages.mjs'].map(file => join(root, file)),
    ],
    stamp: join(dist, '.inputs'),
    run: bundlePrograms,
    log,
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await build({ generateOnly: process.argv.includes('--generate-only') })
