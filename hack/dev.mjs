/** `npm run dev [-- FLAGS]`: runs minik8s, and builds and starts it again when a source file changes. */
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { installIfNeeded, root, run } from './setup.mjs'

installIfNeeded()
const flags = process.argv.slice(2)
let child
let timer

async function restart() {
  if (child && child.exitCode === null) {
    child.kill('SIGTERM')
    await new Promise(resolve => child.once('exit', resolve))
  }
  run('node', ['hack/build.mjs'])
  child = spawn('node', ['dist/minik8s.js', 'up', ...flags], { cwd: root, stdio: 'inherit' })
}

for (const folder of ['src', 'api'])
  watch(join(root, folder), { recursive: true }, (_, file) => {
    if (!file || file.includes('generated') || file.endsWith('.test.ts')) return
    clearTimeout(timer)
    timer = setTimeout(restart, 200)
  })
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    child?.once('exit', code => process.exit(code ?? 0))
    child?.kill(signal)
  })
await restart()
