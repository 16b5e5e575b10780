/** Bundles test/authz-matrix and runs it: see its main.ts for what it takes. */
import { join } from 'node:path'
import { installIfNeeded, root } from './setup.mjs'

installIfNeeded()
const { build } = await import('esbuild')
const outfile = join(root, 'dist/authz-matrix.mjs')
await build({
  entryPoints: [join(root, 'test/authz-matrix/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
})
await import(outfile)
