/** `npm run differential`: builds what is not current, bundles test/differential and runs it. */
import { bundle, runBundled } from './bundle.mjs'
import { installIfNeeded } from './setup.mjs'

installIfNeeded()
const { build } = await import('./build.mjs')
await build({ log: text => process.stderr.write(`${text}\n`) })
// Beside dist/openapi, which the server looks for where it is itself.
await bundle('test/differential/serve.ts', 'dist/differential-server.mjs')
await runBundled('test/differential/main.ts', 'dist/differential.mjs')
