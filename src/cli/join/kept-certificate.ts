/** A node's client certificate: kept on the disk, and replaced by a new one before it ends. */
import { X509Certificate } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Clock, Random, Timer } from '../../machinery/clock.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'

export interface KeptCertificateDeps {
  clock: Clock
  random: Random
  log: Logger
  /** Asks for the next one, with what is there now. */
  renew(): Promise<KeyPair>
  /** There is a new one: connections from now on are to show it. */
  renewed(): void
}

/** Upstream renews when between 70 and 90 % of the life have passed: nodes that came together do not ask together. */
const [earliest, spread] = [0.7, 0.2]
const retryMs = 60_000
/** Longer than timers can wait. */
const longestWaitMs = 24 * 3_600_000

const endOf = ({ certificate }: KeyPair) => Date.parse(new X509Certificate(certificate).validTo)

/** Undefined where there is none, or it has ended. */
export async function readCertificate(file: string, now: number): Promise<KeyPair | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const at = text.indexOf('-----BEGIN PRIVATE KEY-----')
  if (at < 0) return undefined
  const pair = { certificate: text.slice(0, at), key: text.slice(at) }
  return endOf(pair) > now ? pair : undefined
}

/** Written beside and renamed: a crash leaves the old one or the new. */
export async function writeCertificate(file: string, { certificate, key }: KeyPair): Promise<void> {
  await writeFile(`${file}.tmp`, certificate + key, { mode: 0o600 })
  await rename(`${file}.tmp`, file)
}

export class KeptCertificate {
  readonly #deps: KeptCertificateDeps
  readonly #file: string
  #current: KeyPair
  #timer: Timer | undefined
  #stopped = false

  constructor(deps: KeptCertificateDeps, file: string, current: KeyPair) {
    this.#deps = deps
    this.#file = file
    this.#current = current
  }

  get current(): KeyPair {
    return this.#current
  }

  /** Looks after it from now on. */
  start(): void {
    const certificate = new X509Certificate(this.#current.certificate)
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
    const due = from + (to - from) * (earliest + spread * this.#deps.random.next())
    this.#waitUntil(due)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #waitUntil(due: number): void {
    if (this.#stopped) return
    const { clock } = this.#deps
    const left = Math.max(0, due - clock.now())
    this.#timer = clock.after(Math.min(left, longestWaitMs), () => {
      if (left > longestWaitMs) this.#waitUntil(due)
      else void this.#renew()
    })
  }

  async #renew(): Promise<void> {
    const { clock, log, renew, renewed } = this.#deps
    try {
      const next = await renew()
      await writeCertificate(this.#file, next)
      this.#current = next
      renewed()
      log.info({ until: new Date(endOf(next)).toISOString() }, 'The client certificate of the node was renewed')
      this.start()
    } catch (error) {
      log.warn({ error: String(error) }, 'The client certificate of the node could not be renewed')
      this.#waitUntil(clock.now() + retryMs)
    }
  }
}
