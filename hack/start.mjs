/** `npm start`: installs and builds what is not current, then runs `minik8s up` in this very process (so signals reach it). */
import { buildIfNeeded, installIfNeeded } from './setup.mjs'

installIfNeeded()
await buildIfNeeded()
process.argv.splice(
  1,
  process.argv.length,
  new URL('../dist/minik8s.js', import.meta.url).pathname,
  'up',
  ...process.argv.slice(2),
)
// Installing and building do not count: `is ready in` is measured from here.
performance.mark('minik8s start')
await import('../dist/minik8s.js')
