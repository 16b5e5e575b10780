/** `npm run bench`: builds what is not current, bundles bench/main.ts (for pods on Docker: bench/nodes-main.ts) and runs it. */
import { join } from 'node:path'
import { buildIfNeeded, installIfNeeded, root } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
const { build } = await import('esbuild')
const ofNodes = ['podstart', 'up', 'full-node', 'idle-node'].includes(process.argv[2])
const entry = ofNodes ? 'bench/nodes-main.ts' : 'bench/main.ts'
const outfile = join(root, 'dist/bench', ofNodes ? 'nodes.mjs' : 'main.mjs')
await build({
  entryPoints: [join(root, entry)],
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
