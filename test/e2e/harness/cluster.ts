/** A minik8s of its own for a test: the built program as a process, in a temporary data directory, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { output, type Result, run } from './run.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
export const program = join(root, 'dist/minik8s.js')
export const examples = join(root, 'examples')

export interface ClusterOptions {
  runtime?: 'auto' | 'docker' | 'process' | 'sim' | 'none'
  flags?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Default: the one that is built in this checkout. */
  program?: string
  /** A command that runs another one, such as one that changes the user. */
  launcher?: readonly string[]
}

export class TestCluster {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'minik8s-e2e-'))
  readonly kubeconfig = join(this.dataDir, 'kubeconfig')
  output = ''
  readonly #program: string
  #process?: ChildProcess
  #port = '0'

  constructor(private readonly options: ClusterOptions = {}) {
    this.#program = options.program ?? program
  }

  /** Starts, or starts again on the same data and port. Resolves with the ready line. */
  async start(): Promise<string> {
    const { runtime = 'docker', flags = [], env = {}, launcher = [] } = this.options
    const options = ['--data-dir', this.dataDir, '--port', this.#port, '--runtime', runtime, ...flags]
    const [command, ...args] = [...launcher, process.execPath, this.#program, 'up', ...options]
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.dataDir,
      env: { ...process.env, ...env },
    })
    this.#process = child
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer) => {
        this.output += chunk
        const ready = /^minik8s v\S+ is ready in \d+ ms: .*$/m.exec(
          this.output.slice(this.output.lastIndexOf('minik8s v')),
        )
        if (ready) resolve(ready[0])
      }
      child.stdout?.on('data', take)
      child.stderr?.on('data', take)
      child.once('exit', code => reject(new Error(`minik8s ended with code ${code}:\n${this.output}`)))
    }).then(async line => {
      this.#port = (await this.server()).split(':').at(-1)!
      return line as string
    })
  }

  async server(): Promise<string> {
    return output('kubectl', [
      '--kubeconfig',
      this.kubeconfig,
      'config',
      'view',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    ])
  }

  /** Sends the signal and waits for the end; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
    child.kill(signal)
    return ended
  }

  kubectl(...args: string[]): Promise<string> {
    return output('kubectl', ['--kubeconfig', this.kubeconfig, ...args])
  }

  /** kubectl of a given program name, failing or not. */
  tryKubectl(args: readonly string[], kubectl = 'kubectl'): Promise<Result> {
    return run(kubectl, ['--kubeconfig', this.kubeconfig, ...args])
  }

  /** Ids of this cluster's Docker containers, sandboxes included, sorted. */
  async dockerIds(...filters: string[]): Promise<string[]> {
    const { id } = JSON.parse(readFileSync(join(this.dataDir, 'cluster.json'), 'utf8')) as { id: string }
    const labels = [`io.minik8s.cluster=${id}`, ...filters].flatMap(label => ['--filter', `label=${label}`])
    const text = (await output('docker', ['ps', '-a', '--no-trunc', '-q', ...labels])).trim()
    return text ? text.split('\n').sort() : []
  }

  /** Applies YAML from memory. */
  async apply(yaml: string): Promise<string> {
    return output('kubectl', ['--kubeconfig', this.kubeconfig, 'apply', '-f', '-'], { input: yaml })
  }

  /** Stops, removes containers and files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await run(process.execPath, [this.#program, 'reset', '--data-dir', this.dataDir])
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}
