/** `node hack/record-requests.mjs URL TOKEN`: records test/golden/requests anew from a stock server. */
import { join } from 'node:path'
import { root } from './setup.mjs'

const { build } = await import('esbuild')
const outfile = join(root, 'dist/record-requests.mjs')
const entry = join(root, 'test/contract/requests/record.ts')
await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' })
process.argv.splice(1, 1, outfile)
await import(outfile)
