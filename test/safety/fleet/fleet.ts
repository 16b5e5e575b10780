/** Several API servers, processes of their own, on one etcd: each can be killed and comes back at its address. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { SecureClientSessionOptions } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, startProcess, stopProcess, waitUntilReady } from '../../../bench/servers/processes.js'
import { EtcdServer } from '../../contract/etcd-server.js'
import type { ServerAddress } from '../check.js'
import type { Chance } from '../random.js'

/** A server that was killed stays away for up to so long, and when it is back all serve for up to so long; milliseconds. */
const longestAbsence = 300
const longestPeace = 1000

interface Member {
  port: number
  process?: ChildProcess
}

export class Fleet {
  readonly #program: string
  readonly #etcd: EtcdServer
  readonly #directory = mkdtempSync(join(tmpdir(), 'minik8s-fleet-'))
  readonly #members: Member[] = []

  private constructor(program: string, etcd: EtcdServer) {
    this.#program = program
    this.#etcd = etcd
  }

  /** Resolves when all are ready. */
  static async start(program: string, size: number): Promise<Fleet> {
    const fleet = new Fleet(program, await EtcdServer.start())
    try {
      for (let n = 0; n < size; n++) fleet.#members.push({ port: await freePort() })
      await Promise.all(fleet.#members.map(member => fleet.#launch(member)))
      return fleet
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  get addresses(): ServerAddress[] {
    return this.#members.map(({ port }) => ({ url: urlOf(port), tls: this.#tls()!, headers: {} }))
  }

  /** Kills one after the other, by chance, until the signal aborts and all are back. Resolves with how many were killed. */
  async killAgainAndAgain(chance: Chance, signal: AbortSignal): Promise<number> {
    let kills = 0
    while (!signal.aborted) {
      const member = chance.pick(this.#members)
      await kill(member.process)
      kills++
      await sleep(chance.below(longestAbsence))
      await this.#launch(member)
      // A start takes longer than a kill: without this the machine would do little but start servers.
      await sleep(chance.below(longestPeace), undefined, { signal }).catch(() => {})
    }
    return kills
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process && stopProcess(process)))
    await this.#etcd.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** They share their keys; whoever starts first makes them. */
  async #launch(member: Member): Promise<void> {
    const { port } = member
    const directory = join(this.#directory, String(port))
    const args = [
      ...[this.#program, 'apiserver', '--storage', this.#etcd.url.replace('http:', 'etcd:')],
      ...['--data-dir', directory, '--pki-dir', this.#pki, '--port', `${port}`, '--verbosity', 'info'],
    ]
    member.process = startProcess(process.execPath, args, {
      cwd: this.#directory,
      log: join(this.#directory, `${port}.log`),
    })
    await waitUntilReady({ url: urlOf(port), headers: {}, tls: () => this.#tls() }).catch(error => {
      const log = readFileSync(join(this.#directory, `${port}.log`), 'utf8')
      throw new Error(`${error.message}; it said: ${log.slice(-1000)}`)
    })
  }

  get #pki(): string {
    return join(this.#directory, 'pki')
  }

  #tls(): SecureClientSessionOptions | undefined {
    if (!existsSync(join(this.#pki, 'admin.crt'))) return undefined
    const file = (name: string) => readFileSync(join(this.#pki, name))
    return { ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }
  }
}

const urlOf = (port: number) => `https://127.0.0.1:${port}`

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
