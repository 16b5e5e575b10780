/** minik8s as built, without nodes: API server, controllers and scheduler in one process. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startProcess, stopProcess, waitUntilReady } from './processes.js'
import type { BenchServer } from './server.js'

const program = join(dirname(fileURLToPath(import.meta.url)), '../minik8s.js')

export interface Minik8sOptions {
  /** Port on which a debugger may look into the process. */
  inspector?: number
  /** Besides where it stores and listens. */
  flags?: readonly string[]
}

export interface Minik8sServer extends BenchServer {
  /** As of every server; by SIGKILL as a power switch would. With `more`, flags that count from now on. */
  restart(signal?: 'SIGTERM' | 'SIGKILL', more?: readonly string[]): Promise<number>
  /** File of everything that it has written to its standard output and error. */
  log: string
}

export async function startMinik8s({ inspector, flags = [] }: Minik8sOptions = {}): Promise<Minik8sServer> {
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-bench-'))
  const port = await freePort()
  const url = `https://127.0.0.1:${port}`
  const file = (name: string) => readFileSync(join(dir, 'pki', name))
  let tls: BenchServer['tls'] | undefined
  const readTls = () => {
    if (!tls && existsSync(join(dir, 'pki/admin.crt')))
      tls = { ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }
    return tls
  }
  const args = [
    ...(inspector ? [`--inspect=127.0.0.1:${inspector}`] : []),
    ...[program, 'up', '--data-dir', dir, '--port', `${port}`, '--runtime', 'none', ...flags],
  ]
  const log = join(dir, 'log')
  const start = () => startProcess(process.execPath, args, { cwd: dir, log })
  const untilReady = async (begin: number) => {
    await waitUntilReady({ url, headers: {}, tls: readTls })
    return performance.now() - begin
  }
  const begin = performance.now()
  let child = start()
  const startMs = await untilReady(begin)
  return {
    name: 'minik8s',
    url,
    tls: readTls()!,
    headers: {},
    log,
    get pids() {
      return [child.pid!]
    },
    startMs,
    async restart(signal, more = []) {
      await stopProcess(child, signal)
      args.push(...more)
      const again = performance.now()
      child = start()
      return untilReady(again)
    },
    async stop() {
      await stopProcess(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
