/** `services-peer`: what a changed endpoint costs the stock kube-proxy in nftables mode, among many services, on an API server of ours. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { service as serviceKind } from '../src/apis/core-v1/service.js'
import { endpointSlice } from '../src/apis/discovery-v1/index.js'
import type { KindRef } from '../src/machinery/kind.js'
import { startProcess, stopProcess } from './servers/processes.js'
import { changes, cpuMsOf, newService, newSlice } from './services.js'

const kubeProxy = join(process.env.PEER_CACHE ?? join(homedir(), '.cache/k8s-peer'), 'bin/kube-proxy')
const port = 16_443
const metricsPort = 16_249
/** Long enough that each change is a transaction of its own. */
const betweenMs = 400
const parallel = 32

const config = (kubeconfig: string) => `
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: node-1
clientConnection: { kubeconfig: ${kubeconfig} }
metricsBindAddress: 127.0.0.1:${metricsPort}
healthzBindAddress: 127.0.0.1:16256
nftables: { minSyncPeriod: 1ms, syncPeriod: 1h }
conntrack: { maxPerCore: 0 }
detectLocalMode: NodeCIDR
`
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Writes to the API server as the administrator. */
class Api {
  readonly #agent: Agent

  constructor(directory: string) {
    const read = (name: string) => readFileSync(join(directory, 'pki', name))
    const keys = { cert: read('admin.crt'), key: read('admin.key'), ca: read('ca.crt') }
    this.#agent = new Agent({ keepAlive: true, maxSockets: parallel, ...keys })
  }

  send(method: string, path: string, body: unknown, type = 'application/json'): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': type }
      const sent = request({ host: '127.0.0.1', port, path, method, agent: this.#agent, headers }, answer => {
        answer.resume()
        answer.once('end', () =>
          (answer.statusCode ?? 500) < 300 ? resolve() : reject(new Error(`${method} ${path}: ${answer.statusCode}`)),
        )
      })
      sent.once('error', reject)
      sent.end(JSON.stringify(body))
    })
  }

  stop(): void {
    this.#agent.destroy()
  }
}

const pathOf = ({ group, version, names }: KindRef<never>) =>
  `/${group ? `apis/${group}` : 'api'}/${version}/namespaces/bench/${names.plural}`
const services = pathOf(serviceKind as unknown as KindRef<never>)
const slices = pathOf(endpointSlice as unknown as KindRef<never>)

async function fill(api: Api, size: number): Promise<void> {
  await api.send('POST', '/api/v1/namespaces', { metadata: { name: 'bench' } })
  let next = 0
  const writer = async () => {
    for (let n = next++; n < size; n = next++) {
      await api.send('POST', services, newService(n))
      await api.send('POST', slices, newSlice(n, [2 * n, 2 * n + 1]))
    }
  }
  await Promise.all(Array.from({ length: parallel }, writer))
}

/** Seconds and number of the transactions so far. */
async function syncs(): Promise<{ seconds: number; count: number }> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const value = (name: string) =>
    [
      ...text.matchAll(new RegExp(`^kubeproxy_sync_proxy_rules_duration_seconds_${name}(?:{[^}]*})? (\\S+)$`, 'gm')),
    ].reduce((sum, [, number]) => sum + Number(number), 0)
  return { seconds: value('sum'), count: value('count') }
}

/** Whether one of its programs runs: what they used is the process' only when they end. */
const hasChildren = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).some(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim())

/** Resolves when the first transactions are through, and the process did next to nothing for a while. */
async function untilQuiet(pid: number): Promise<void> {
  let before = -1
  for (;;) {
    await sleep(3000)
    // It may not listen yet; when it has ended, there is no CPU time of it.
    const { count } = await syncs().catch(() => ({ count: 0 }))
    const now = cpuMsOf(pid)
    if (count > 0 && before >= 0 && now - before < 50 && !hasChildren(pid)) return
    before = now
  }
}

async function measure(api: Api, pid: number, size: number): Promise<void> {
  await untilQuiet(pid)
  const start = cpuMsOf(pid)
  const before = await syncs()
  for (let i = 0; i < changes; i++) {
    const n = (i * 7919) % size
    const { endpoints } = newSlice(n, [2 * n, 2 * size + i])
    await api.send('PATCH', `${slices}/web-${n}`, { endpoints }, 'application/merge-patch+json')
    await sleep(betweenMs)
  }
  await untilQuiet(pid)
  const after = await syncs()
  const cpu = (cpuMsOf(pid) - start) / changes
  const wall = ((after.seconds - before.seconds) * 1000) / (after.count - before.count)
  console.log(
    `kube-proxy ${size}: ${wall.toFixed(1)} ms a transaction (${after.count - before.count} for ${changes} changes), ${cpu.toFixed(1)} ms of CPU a change with nft`,
  )
}

/** Prints a line; nothing where there is no kube-proxy. Wants a network namespace of its own with loopback up. */
export async function benchKubeProxy(size: number, program: string): Promise<void> {
  if (!existsSync(kubeProxy)) return console.log(`no ${kubeProxy}`)
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-bench-proxy-'))
  const kubeconfig = join(dir, 'kubeconfig')
  const flags = ['--runtime', 'none', '--controllers', 'none', '--scheduler', 'false', '--service-proxy', 'none']
  const up = [resolve(program), 'up', '--data-dir', dir, '--port', `${port}`, ...flags]
  const server = startProcess(process.execPath, up, { cwd: dir, log: join(dir, 'server.log') })
  let proxy: ReturnType<typeof startProcess> | undefined
  try {
    while (!existsSync(kubeconfig)) {
      if (server.exitCode !== null) throw new Error(readFileSync(join(dir, 'server.log'), 'utf8'))
      await sleep(100)
    }
    const api = new Api(dir)
    await fill(api, size)
    const node = { metadata: { name: 'node-1' }, spec: { podCIDR: '10.120.0.0/14', podCIDRs: ['10.120.0.0/14'] } }
    await api.send('POST', '/api/v1/nodes', node)
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
    await api.send('PATCH', '/api/v1/nodes/node-1/status', { status: { addresses } }, 'application/merge-patch+json')
    writeFileSync(join(dir, 'proxy.yaml'), config(kubeconfig))
    proxy = startProcess(kubeProxy, ['--config', join(dir, 'proxy.yaml')], { cwd: dir, log: join(dir, 'proxy.log') })
    await measure(api, proxy.pid!, size)
    api.stop()
  } finally {
    if (proxy) await stopProcess(proxy)
    await stopProcess(server)
    execFileSync('nft', ['flush', 'ruleset'])
    rmSync(dir, { recursive: true, force: true })
  }
}
