/** `npm run differential`: builds what is not current, bundles test/differential and runs it. */
import { join } from 'node:path'
import { installIfNeeded, root } from './setup.mjs'

installIfNeeded()
const { build: buildProject } = await import('./build.mjs')
await buildProject({ log: text => process.stderr.write(`${text}\n`) })
const { build } = await import('esbuild')
// Beside dist/openapi, which the server looks for where it is itself.
const bundle = (entry, name) =>
  build({
    entryPoints: [join(root, 'test/differential', entry)],
    outfile: join(root, 'dist', name),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
await Promise.all([bundle('main.ts', 'differential.mjs'), bundle('serve.ts', 'differential-server.mjs')])
process.argv.splice(1, 1, join(root, 'dist/differential.mjs'))
await import(join(root, 'dist/differential.mjs'))
