/** A whole control plane under measurement: API server, controllers and, once it is started, a scheduler. No kubelets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMinik8s } from '../servers/minik8s.js'
import { startProcess, stopProcess } from '../servers/processes.js'
import { type BenchServer, cpuSeconds } from '../servers/server.js'
import { bin, startStock } from '../servers/stock.js'

/** What a scheduler has cost before it can be watched. */
export interface Spent {
  wallMs: number
  cpuSeconds: number
}

export interface ControlPlane extends Omit<BenchServer, 'restart'> {
  /** Files of what its programs have said, those that decide what is done. */
  logs: readonly string[]
  startScheduler(): Promise<Spent>
}

/** Nobody sends heartbeats for simulated nodes: they must not be missed. */
const patience = '1h'

/** One process; for the scheduler it starts anew, and all that this start takes counts as the scheduler's. */
export async function startOurPlane(): Promise<ControlPlane> {
  const server = await startMinik8s({ flags: ['--node-monitor-grace-period', patience, '--scheduler', 'false'] })
  return {
    ...server,
    logs: [server.log],
    get pids() {
      return server.pids
    },
    async startScheduler() {
      const wallMs = await server.restart('SIGTERM', ['--scheduler', 'true'])
      return { wallMs, cpuSeconds: cpuSeconds(server.pids) }
    },
  }
}

/** By default clients of upstream's components ask no more than 50 times a second: here nothing holds them back. */
const unlimited = 100_000

const kubeconfig = (url: string) => `apiVersion: v1
kind: Config
clusters: [{name: stock, cluster: {server: "${url}", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: bench}}]
contexts: [{name: stock, context: {cluster: stock, user: admin}}]
current-context: stock
`

const schedulerConfig = (file: string) => `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: ${file}, qps: ${unlimited}, burst: ${unlimited}}
`

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler. */
export async function startStockPlane(): Promise<ControlPlane> {
  const server = await startStock()
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-bench-plane-'))
  const config = join(dir, 'kubeconfig')
  writeFileSync(config, kubeconfig(server.url), { mode: 0o600 })
  writeFileSync(join(dir, 'scheduler.yaml'), schedulerConfig(config))
  const logOf = (name: string) => join(dir, `${name}.log`)
  const start = (name: string, args: readonly string[]) =>
    startProcess(join(bin, name), args, { cwd: dir, log: logOf(name) })
  const children = [
    start('kube-controller-manager', [
      ...['--kubeconfig', config, '--leader-elect=false', '--secure-port=0'],
      ...[`--kube-api-qps=${unlimited}`, `--kube-api-burst=${unlimited}`, `--node-monitor-grace-period=${patience}`],
    ]),
  ]
  return {
    ...server,
    logs: ['kube-controller-manager', 'kube-scheduler'].map(logOf),
    get pids() {
      return [...server.pids, ...children.map(child => child.pid!)]
    },
    async startScheduler() {
      children.push(start('kube-scheduler', ['--config', join(dir, 'scheduler.yaml'), '--secure-port=0']))
      return { wallMs: 0, cpuSeconds: 0 }
    },
    async stop() {
      for (const child of children) await stopProcess(child)
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
