/** The stock kube-apiserver with its etcd, where their binaries are on this machine: `$PEER_CACHE/bin`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startProcess, stopProcess, waitUntilReady } from './processes.js'
import type { BenchServer } from './server.js'

/** Of the stock programs. */
export const bin = join(process.env.PEER_CACHE ?? join(homedir(), '.cache/k8s-peer'), 'bin')

export const hasStock = (): boolean => existsSync(join(bin, 'kube-apiserver')) && existsSync(join(bin, 'etcd'))

/** Same authorization and durability as ours: Node and RBAC, fsync before the answer. */
export async function startStock(): Promise<BenchServer> {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-bench-stock-'))
  execFileSync('openssl', ['genrsa', '-out', join(dir, 'sa.key'), '2048'], { stdio: 'ignore' })
  writeFileSync(join(dir, 'tokens.csv'), 'bench,admin,admin,system:masters\n', { mode: 0o600 })
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()]
  const etcdUrl = `http://127.0.0.1:${client}`
  const etcdArgs = [
    ...['--data-dir', 'etcd', '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
    ...['--listen-peer-urls', `http://127.0.0.1:${peer}`],
  ]
  const apiserverArgs = [
    ...[
      '--etcd-servers',
      etcdUrl,
      '--service-account-key-file',
      'sa.key',
      '--service-account-signing-key-file',
      'sa.key',
    ],
    ...[
      '--service-account-issuer',
      'https://kubernetes.default.svc.cluster.local',
      '--authorization-mode',
      'Node,RBAC',
      '--token-auth-file',
      'tokens.csv',
    ],
    ...[
      '--cert-dir',
      'certs',
      '--secure-port',
      `${port}`,
      '--bind-address',
      '127.0.0.1',
      '--allow-privileged',
      '--service-cluster-ip-range',
      '10.96.0.0/16',
    ],
  ]
  const url = `https://127.0.0.1:${port}`
  const tls: BenchServer['tls'] = { rejectUnauthorized: false }
  const headers = { authorization: 'Bearer bench' }
  const launch = async () => {
    const begin = performance.now()
    const etcd = startProcess(join(bin, 'etcd'), etcdArgs, { cwd: dir, log: join(dir, 'etcd.log') })
    const log = join(dir, 'kube-apiserver.log')
    const apiserver = startProcess(join(bin, 'kube-apiserver'), apiserverArgs, { cwd: dir, log })
    await waitUntilReady({ url, headers, tls: () => tls })
    return { processes: [apiserver, etcd], milliseconds: performance.now() - begin }
  }
  let { processes, milliseconds } = await launch()
  const end = async () => {
    for (const child of processes) await stopProcess(child)
  }
  return {
    name: 'stock',
    url,
    tls,
    headers,
    get pids() {
      return processes.map(child => child.pid!)
    },
    startMs: milliseconds,
    async restart() {
      await end()
      ;({ processes, milliseconds } = await launch())
      return milliseconds
    },
    async stop() {
      await end()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
