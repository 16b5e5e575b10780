/** Programs in Go that tests run against a cluster: built once from their sources and published modules into the user's cache. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testCache } from './test-cache.js'
import type { Tool } from './tool.js'

const operators = join(dirname(fileURLToPath(import.meta.url)), '../operators')

/** Where the sources of an operator and its definitions stand. */
export const operatorFolder = (name: string): string => join(operators, name)

export interface GoProgram {
  /** The folder below `operators/` with its go.mod. */
  name: string
  /** What is built there: a package of the module, or of one that it requires. */
  package: string
  /** Building takes minutes: it is done only where MINIK8S_OPERATORS is set. */
  slow?: boolean
}

/** The program of these sources; another one after they changed. */
export function prepareGoProgram({ name, package: wanted, slow = false }: GoProgram): Tool {
  const sources = operatorFolder(name)
  const hash = createHash('sha256').update(wanted)
  for (const file of readdirSync(sources).filter(f => /^go\.|\.go$/.test(f)))
    hash.update(readFileSync(join(sources, file)))
  const bin = join(testCache(), 'bin')
  const program = join(bin, `${name}-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return { program }
  if (slow && !process.env.MINIK8S_OPERATORS) return { missing: 'set MINIK8S_OPERATORS=1 to build it, in some minutes' }
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'there is no go' }
  mkdirSync(bin, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), 'minik8s-go-'))
  try {
    cpSync(sources, work, { recursive: true })
    const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false', GOWORK: 'off' }
    const options = { cwd: work, env, encoding: 'utf8', timeout: slow ? 1_500_000 : 300_000 } as const
    const built = spawnSync('go', ['build', '-ldflags=-s -w', '-o', program, wanted], options)
    if (built.status === 0) return { program }
    return { missing: `go cannot build ${name}: ${built.error?.message ?? built.stderr.trim().split('\n').at(-1)}` }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A program that runs beside a cluster; what it says is kept. */
export class RunningProgram {
  log = ''
  readonly #process: ChildProcess

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const take = (chunk: Buffer) => {
      this.log += chunk
    }
    this.#process.stdout?.on('data', take)
    this.#process.stderr?.on('data', take)
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill(signal)
    await ended
  }
}
