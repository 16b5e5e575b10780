/** `npm run check`: format, lint, types, layers, dead code, unit tests. Runs all of them, then says which failed. */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { installIfNeeded, root } from './setup.mjs'

installIfNeeded()
const { build } = await import('./build.mjs')
await build({ generateOnly: true, log: () => {} })

const bin = name => `node_modules/.bin/${name}`
const steps = [
  { name: 'format and lint', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
  { name: 'types', command: bin('tsc'), args: ['-p', '.'] },
  // The cruiser exits with 0 when it finds nothing to read, so its count is checked as well.
  {
    name: 'layers',
    command: bin('depcruise'),
    args: ['--config', '.dependency-cruiser.mjs', 'src'],
    accept: out => /\(([1-9]\d{2,}) modules/.test(out),
  },
  { name: 'dead code', command: bin('knip'), args: ['--no-progress'] },
]
if (!process.argv.includes('--no-tests'))
  steps.push({
    name: 'unit tests',
    command: 'node',
    args: ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--silent'],
  })

/** Resolves with the output and whether the step passed. */
function runStep({ command, args, accept }) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, FORCE_COLOR: '0' } })
    let out = ''
    child.stdout.on('data', d => (out += d))
    child.stderr.on('data', d => (out += d))
    child.on('close', code => resolve({ ok: code === 0 && (accept?.(out) ?? true), out }))
  })
}

const failed = []
const queue = [...steps]
async function worker() {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const started = performance.now()
    const { ok, out } = await runStep(step)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (!ok) {
      failed.push(step.name)
      console.log(out)
    }
  }
}
await Promise.all(Array.from({ length: Math.min(cpus().length, 4) }, worker))
if (failed.length) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exit(1)
}
