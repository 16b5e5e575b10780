/**
 * `npm run safety [names] [-- --long] [--minutes N] [--seed N] [--servers URL,URL --token T | --pki DIR]`: plays checks of goals "safety".
 * All that are named, or all there are. `--servers`: against those, which share one store, instead of one of its own.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startMinik8s } from '../../bench/servers/minik8s.js'
import { freePort } from '../../bench/servers/processes.js'
import type { CheckSettings, SafetyCheck, ServerAddress } from './check.js'
import { checks } from './checks/index.js'

const say = (text: string) => process.stdout.write(`${text}\n`)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    servers: { type: 'string', default: '' },
    token: { type: 'string' },
    pki: { type: 'string' },
  },
})

function addressesOf(urls: string): ServerAddress[] {
  const { token, pki } = values
  const file = (name: string) => readFileSync(join(pki!, name))
  const tls = pki
    ? { ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }
    : { rejectUnauthorized: false }
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return urls.split(',').flatMap(url => (url ? [{ url, tls, headers }] : []))
}

const settings: CheckSettings = {
  long: values.long,
  seed: Number(values.seed),
  ...(values.minutes && { minutes: Number(values.minutes) }),
  servers: addressesOf(values.servers),
  async startServer({ inspected = false } = {}) {
    const inspector = inspected ? await freePort() : undefined
    return { ...(await startMinik8s({ inspector })), inspector }
  },
  program: join(dirname(fileURLToPath(import.meta.url)), '../minik8s.js'),
  say,
}

/** How many findings are printed of each check. */
const mostShown = 20

/** Whether it holds. */
async function play({ name, claim, run }: SafetyCheck): Promise<boolean> {
  const { long, seed } = settings
  say(`${name}: ${claim}`)
  const began = performance.now()
  const found = await run(settings)
  for (const line of found.slice(0, mostShown)) say(`  ${line}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  if (found.length === 0) say(`${name} holds (seed ${seed}, ${seconds} s)`)
  else
    say(
      `${name} FAILS, ${found.length} found; replay: npm run safety -- ${name}${long ? ' --long' : ''} --seed ${seed}`,
    )
  return found.length === 0
}

const unknown = positionals.filter(name => !checks.some(check => check.name === name))
if (unknown.length) {
  say(`no check is called ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`)
  process.exitCode = 2
} else
  for (const check of checks)
    if ((!positionals.length || positionals.includes(check.name)) && !(await play(check))) process.exitCode = 1
