/**
 * The stock side: binaries of Kubernetes v1.34.4 (`kube-apiserver`, `etcd`, `kube-controller-manager`, `kube-scheduler`) in the directory
 * that MINIK8S_STOCK_BIN names. Nothing here downloads or builds them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, output } from './run.js'

/** Where a stock program stands; undefined when it is not on this machine. */
export function stockProgram(name: string): string | undefined {
  const path = join(process.env.MINIK8S_STOCK_BIN ?? '', name)
  return process.env.MINIK8S_STOCK_BIN && existsSync(path) ? path : undefined
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

const token = 'stock-admin'

/** A stock component that runs against a cluster. */
export class StockComponent {
  log = ''
  readonly #process: ChildProcess

  constructor(name: string, flags: Readonly<Record<string, string>>, cwd: string) {
    const program = stockProgram(name)
    if (!program) throw new Error(`MINIK8S_STOCK_BIN must name a directory with ${name}`)
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
    this.#process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd })
    const take = (chunk: Buffer) => {
      this.log += chunk
    }
    this.#process.stdout?.on('data', take)
    this.#process.stderr?.on('data', take)
  }

  /** What it logged as an error or a warning, without klog's time and process. */
  complaints(): string[] {
    return [...this.log.matchAll(/^([EWF])\d{4} \S+ +\d+ (.*)$/gm)].map(([, level, text]) => `${level} ${text}`)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.kill('SIGTERM')
    await ended
  }
}

export interface StockServerOptions {
  /** URL of an etcd that is there; default: an empty one of its own. */
  etcd?: string
  /** What keys begin with. */
  prefix?: string
  /** An EncryptionConfiguration. */
  encryption?: string
}

/** A stock API server, with neither controllers nor scheduler. */
export class StockServer {
  readonly dir = mkdtempSync(join(tmpdir(), 'minik8s-stock-'))
  readonly kubeconfig = join(this.dir, 'kubeconfig')
  readonly #processes: ChildProcess[] = []

  constructor(private readonly options: StockServerOptions = {}) {}

  async start(): Promise<void> {
    const [port, client, peer] = await Promise.all([freePort(), freePort(), freePort()])
    const url = (n: number) => `http://127.0.0.1:${n}`
    execFileSync('openssl', ['genrsa', '-out', join(this.dir, 'sa.key'), '2048'], { stdio: 'ignore' })
    writeFileSync(join(this.dir, 'tokens.csv'), `${token},kubernetes-admin,admin,system:masters\n`)
    const { etcd, prefix = '/registry', encryption } = this.options
    if (!etcd)
      this.#spawn('etcd', [
        '--data-dir=etcd',
        '--unsafe-no-fsync',
        ...['listen-client-urls', 'advertise-client-urls'].map(flag => `--${flag}=${url(client)}`),
        ...['listen-peer-urls', 'initial-advertise-peer-urls'].map(flag => `--${flag}=${url(peer)}`),
        `--initial-cluster=default=${url(peer)}`,
      ])
    this.#spawn('kube-apiserver', [
      `--etcd-servers=${etcd ?? url(client)}`,
      `--etcd-prefix=${prefix}`,
      '--service-account-key-file=sa.key',
      '--service-account-signing-key-file=sa.key',
      '--service-account-issuer=https://kubernetes.default.svc',
      '--authorization-mode=Node,RBAC',
      '--token-auth-file=tokens.csv',
      '--cert-dir=certs',
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      '--service-cluster-ip-range=10.96.0.0/16',
      ...(encryption ? [`--encryption-provider-config=${encryption}`] : []),
    ])
    writeFileSync(this.kubeconfig, kubeconfigWith(`https://127.0.0.1:${port}`))
    await eventually('the stock server', () =>
      output('kubectl', ['--kubeconfig', this.kubeconfig, 'get', '--raw', '/readyz']),
    )
  }

  #spawn(name: string, args: string[]): void {
    const program = stockProgram(name)
    if (!program) throw new Error(`MINIK8S_STOCK_BIN must name a directory with ${name}`)
    const log = openSync(join(this.dir, `${name}.log`), 'w')
    this.#processes.push(spawn(program, args, { cwd: this.dir, stdio: ['ignore', log, log] }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes.reverse()) {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const kubeconfigWith = (server: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'minik8s', context: { cluster: 'cluster', user: 'admin' } }],
    'current-context': 'minik8s',
  })
