/** Makes one file of a TypeScript program of this repository that is no part of the package, with its dependencies left outside. */
import { join } from 'node:path'
import { installIfNeeded, root } from './setup.mjs'

/** `entry` and `outfile` are paths below the repository's root. Returns the bundle's whole path. */
export async function bundle(entry, outfile) {
  installIfNeeded()
  const { build } = await import('esbuild')
  const whole = join(root, outfile)
  await build({
    entryPoints: [join(root, entry)],
    outfile: whole,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  })
  return whole
}

/** Bundles a program and runs it in this process, with the arguments of this one. */
export async function runBundled(entry, outfile) {
  const whole = await bundle(entry, outfile)
  process.argv.splice(1, 1, whole)
  await import(whole)
}
