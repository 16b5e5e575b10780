/** `npm run bench`: builds what is not current, bundles bench/main.ts (for pods on Docker: bench/nodes-main.ts) and runs it. */
import { runBundled } from './bundle.mjs'
import { buildIfNeeded, installIfNeeded } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
const ofNodes = ['podstart', 'up', 'full-node', 'idle-node'].includes(process.argv[2])
await (ofNodes
  ? runBundled('bench/nodes-main.ts', 'dist/bench/nodes.mjs')
  : runBundled('bench/main.ts', 'dist/bench/main.mjs'))
