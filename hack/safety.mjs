/** `npm run safety`: builds what is not current, bundles test/safety/main.ts and the thread of its own that it has, and runs it. */
import { bundle, runBundled } from './bundle.mjs'
import { buildIfNeeded, installIfNeeded } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
await bundle('test/safety/overload-probe.ts', 'dist/safety/overload-probe.mjs')
await runBundled('test/safety/main.ts', 'dist/safety/main.mjs')
