/** Starts the servers that take part: our API server alone, and the stock one where its binaries are. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'
import { freePort, startProcess, stopProcess, waitUntilReady } from '../../bench/servers/processes.js'
import { startStock } from '../../bench/servers/stock.js'
import { adminToken } from './admin-token.js'
import type { Side } from './connection.js'

export interface RunningSide extends Side {
  stop(): Promise<void>
}

/** Our API server without controllers and scheduler, as the stock one has none; logs go to the file named. */
export async function startOurs(): Promise<RunningSide & { log: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-differential-'))
  const port = await freePort()
  const program = join(dirname(fileURLToPath(import.meta.url)), 'differential-server.mjs')
  const log = join(dir, 'log')
  const child = startProcess(process.execPath, [program, dir, `${port}`], { cwd: dir, log })
  const url = `https://127.0.0.1:${port}`
  const side = { url, tls: { rejectUnauthorized: false }, headers: { authorization: `Bearer ${adminToken}` } }
  await waitUntilReady({ ...side, tls: () => side.tls })
  return {
    name: 'ours',
    ...side,
    log,
    async stop() {
      await stopProcess(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export async function startPeer(): Promise<RunningSide> {
  const { url, tls, headers, stop } = await startStock()
  return { name: 'stock', url, tls, headers, stop }
}

interface Kubeconfig {
  clusters: { cluster: { server: string } }[]
  users: { user: Record<string, string | undefined> }[]
}

/** A server that runs already, by its kubeconfig: the first cluster and user in it. */
export function sideOf(name: string, path: string): RunningSide {
  const config = load(readFileSync(path, 'utf8')) as Kubeconfig
  const user = config.users[0]?.user ?? {}
  const pem = (field: string) => {
    const data = user[`${field}-data`]
    const file = user[field]
    return data ? Buffer.from(data, 'base64') : file ? readFileSync(join(dirname(path), file)) : undefined
  }
  const [cert, key] = [pem('client-certificate'), pem('client-key')]
  return {
    name,
    url: config.clusters[0]!.cluster.server,
    tls: { rejectUnauthorized: false, ...(cert && { cert }), ...(key && { key }) },
    headers: user.token ? { authorization: `Bearer ${user.token}` } : {},
    async stop() {},
  }
}
