/** A stock etcd for tests: of the directory that MINIK8S_STOCK_BIN names, or found on the path. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from '../../src/machinery/pki/certificates.js'

/** Where etcd stands; undefined when it is not on this machine. */
export function findEtcd(): string | undefined {
  const places = [process.env.MINIK8S_STOCK_BIN, ...(process.env.PATH ?? '').split(':')]
  return places
    .filter(place => place)
    .map(place => join(place!, 'etcd'))
    .find(path => existsSync(path))
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`

/** One member of its own cluster, on an empty directory that goes with it. */
export class EtcdServer {
  readonly directory = mkdtempSync(join(tmpdir(), 'minik8s-etcd-'))
  readonly #peerUrl: string
  readonly #flags: readonly string[]
  readonly #port: number
  #tlsFlags: readonly string[] = []
  #process: ChildProcess | undefined

  private constructor(port: number, peerPort: number, flags: readonly string[]) {
    this.#flags = flags
    this.#port = port
    this.#peerUrl = urlOf(peerPort)
  }

  get url(): string {
    const url = urlOf(this.#port)
    return this.#tlsFlags.length ? url.replace('http:', 'https:') : url
  }

  /** `durable`: a test does not survive the machine, so without it nothing waits for the disk. */
  static async start({ durable = false } = {}): Promise<EtcdServer> {
    const flags = durable ? [] : ['--unsafe-no-fsync']
    const server = new EtcdServer(await freePort(), await freePort(), flags)
    await server.restart()
    return server
  }

  /** Asks by JSON over HTTP, which etcd offers beside gRPC: https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/. */
  async ask(path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  }

  /** From its next start on it lets in nobody without a certificate of that authority. */
  async requireCertificates(authority: string, server: KeyPair): Promise<void> {
    const write = (name: string, text: string) => {
      const path = join(this.directory, name)
      writeFileSync(path, text)
      return path
    }
    this.#tlsFlags = [
      '--client-cert-auth',
      `--trusted-ca-file=${write('ca.crt', authority)}`,
      `--cert-file=${write('server.crt', server.certificate)}`,
      `--key-file=${write('server.key', server.key)}`,
      `--listen-metrics-urls=${urlOf(await freePort())}`,
    ]
  }

  /** Also after `kill`. Resolves when it serves. */
  async restart(): Promise<void> {
    const args = [
      `--data-dir=${this.directory}`,
      ...this.#flags,
      ...this.#tlsFlags,
      '--log-level=error',
      ...['listen-client-urls', 'advertise-client-urls'].map(flag => `--${flag}=${this.url}`),
      ...['listen-peer-urls', 'initial-advertise-peer-urls'].map(flag => `--${flag}=${this.#peerUrl}`),
      `--initial-cluster=default=${this.#peerUrl}`,
    ]
    const child = spawn(findEtcd()!, args, { stdio: 'ignore' })
    this.#process = child
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) break
      const healthy = await fetch(`${this.#metricsUrl}/health`).then(
        answer => answer.ok,
        () => false,
      )
      if (healthy) return
      await new Promise(resolve => setTimeout(resolve, 25))
    }
    throw new Error('etcd did not start')
  }

  get #metricsUrl(): string {
    return this.#tlsFlags.at(-1)?.split('=')[1] ?? this.url
  }

  /** Of the process. */
  get pid(): number {
    return this.#process!.pid!
  }

  /** Without a chance to say goodbye. */
  async kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
