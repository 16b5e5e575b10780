/** `npm run safety`: builds what is not current, bundles test/safety/main.ts and runs it. */
import { join } from 'node:path'
import { buildIfNeeded, installIfNeeded, root } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
const { build } = await import('esbuild')
const outfile = join(root, 'dist/safety/main.mjs')
await build({
  entryPoints: [join(root, 'test/safety/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
})
process.argv.splice(1, 1, outfile)
await import(outfile)
