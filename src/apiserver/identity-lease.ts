/** The lease by which each server of a cluster says that it is there: `apiserver-<hash of the host's name>` in kube-system. */
import { createHash } from 'node:crypto'
import type { Lease } from '../apis/generated/coordination-v1.js'
import { type Clock, formatMicroTime, type Random, type Timer } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { Logger } from '../telemetry/logger.js'
import { loopback } from './authn/user.js'
import type { RestDirectory } from './deps.js'
import { newUuidSource } from './uuid.js'

const namespace = 'kube-system'
const leaseSeconds = 3600
const renewMs = 10_000
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const scope = { user: loopback, dryRun: false, subresource: '' }

/** Base 32 without padding, lower case. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map(group => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}

/** Each text after its length, so that no two pairs of texts make the same bytes. */
const prefixed = (...texts: string[]): Buffer =>
  Buffer.concat(
    texts.flatMap(text => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(Buffer.byteLength(text))
      return [length, Buffer.from(text)]
    }),
  )

/** Upstream's name of the server on a host. */
export const serverIdentity = (hostname: string): string =>
  `apiserver-${base32(createHash('sha256').update(prefixed(hostname, 'kube-apiserver')).digest().subarray(0, 16))}`

export interface IdentityLeaseDeps {
  rests: RestDirectory
  clock: Clock
  random: Random
  log: Logger
  /** Ends the renewals. */
  signal: AbortSignal
}

const newLease = (hostname: string, random: Random): Lease => {
  const name = serverIdentity(hostname)
  const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': hostname }
  return {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: { name, namespace, labels },
    spec: { holderIdentity: `${name}_${newUuidSource(random)()}`, leaseDurationSeconds: leaseSeconds },
  }
}

/** Resolves when the lease is written; renews it every ten seconds until the signal aborts. */
export async function keepIdentityLease(hostname: string, deps: IdentityLeaseDeps): Promise<void> {
  const { rests, clock, random, log, signal } = deps
  const rest = rests.find('coordination.k8s.io', 'v1', 'leases')
  if (!rest) return
  const lease = newLease(hostname, random)
  const { name = '' } = lease.metadata
  const renewed = (current: AnyObject): AnyObject => {
    const renewTime = formatMicroTime(clock.now())
    return { ...current, spec: { ...(current.spec as Lease['spec']), renewTime } }
  }
  let timer: Timer | undefined
  const renew = async () => {
    try {
      const wanted = lease as unknown as AnyObject
      await rest.update({ name, namespace }, current => renewed(current ?? structuredClone(wanted)), scope)
    } catch (error) {
      log.warn({ error: String(error) }, 'Cannot renew the lease of this server')
    }
    if (!signal.aborted) timer = clock.after(renewMs, () => void renew())
  }
  signal.addEventListener('abort', () => timer?.cancel(), { once: true })
  await renew()
}
