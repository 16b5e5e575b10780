/** A client of a list of servers that share one store: it stays with one while that answers, and goes to the next when it does not. */
import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { type Answer, type Call, connectSession, request } from '../../bench/http.js'
import type { ServerAddress } from './check.js'

/** No server could be reached: nobody heard the request. */
export class Unreachable extends Error {}

/** An answer may take so long, in milliseconds; then the connection is given up. */
const patience = 20_000
const retryAfter = 20

export class Caller {
  readonly #servers: readonly ServerAddress[]
  #next: number
  #session: ClientHttp2Session | undefined
  #headers: Record<string, string> = {}

  /** Begins with the server of that number, modulo their count. */
  constructor(servers: readonly ServerAddress[], first = 0) {
    this.#servers = servers
    this.#next = first
  }

  /** Throws Unreachable; any other error leaves open whether the request was heard. */
  async call(call: Call): Promise<Answer> {
    const session = await this.session()
    const timer = setTimeout(() => session.destroy(), patience)
    try {
      return await request(session, this.#headers, call)
    } catch (error) {
      session.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Headers that say who calls. */
  get headers(): Record<string, string> {
    return this.#headers
  }

  /** A connection that stands, to the same server as before unless that one is gone. */
  async session(): Promise<ClientHttp2Session> {
    const gone = this.#session?.destroyed || this.#session?.closed
    if (this.#session && !gone) return this.#session
    if (gone) this.#next++
    for (const end = performance.now() + patience; performance.now() < end; this.#next++) {
      const server = this.#servers[this.#next % this.#servers.length]!
      const session = connectSession(server)
      try {
        await once(session, 'connect')
        this.#headers = server.headers
        this.#session = session
        return session
      } catch {
        session.destroy()
        if (this.#next % this.#servers.length === 0) await new Promise(resolve => setTimeout(resolve, retryAfter))
      }
    }
    throw new Unreachable(`none of ${this.#servers.map(({ url }) => url).join(', ')} can be reached`)
  }

  close(): void {
    this.#session?.destroy()
  }
}
