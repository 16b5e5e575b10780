/** `npm run safety`: builds what is not current, bundles test/safety/main.ts and runs it. */
import { runBundled } from './bundle.mjs'
import { buildIfNeeded, installIfNeeded } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
await runBundled('test/safety/main.ts', 'dist/safety/main.mjs')
