/** Bundles test/authz-matrix and runs it: see its main.ts for what it takes. */
import { runBundled } from './bundle.mjs'

await runBundled('test/authz-matrix/main.ts', 'dist/authz-matrix.mjs')
