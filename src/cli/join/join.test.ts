import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Client } from '../../client/client.js'
import { detachedSignature } from '../../controllers/bootstrap-tokens/signer.js'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import { StatusError, serviceUnavailable } from '../../machinery/status-error.js'
import { silentLogger } from '../../telemetry/logger.js'
import { UserError } from '../user-error.js'
import { newBootstrapToken, parseBootstrapToken } from './bootstrap-token.js'
import { readClusterTrust } from './cluster-trust.js'
import { KeptCertificate, readCertificate, writeCertificate } from './kept-certificate.js'

const token = { id: 'abcdef', secret: '0123456789abcdef' }
const server = 'https://192.0.2.1:6443'

test('tokens are made as they are read', () => {
  const { id, secret } = newBootstrapToken()
  expect(parseBootstrapToken(`${id}.${secret}`)).toEqual({ id, secret })
})

test.each(['', 'abcdef', 'abcdef.short', 'ABCDEF.0123456789abcdef', 'abcdef.0123456789abcdef '])(
  '%j is no token',
  text => {
    expect(() => parseBootstrapToken(text)).toThrow(/^--token must be 6 and 16 lower-case letters/)
  },
)

describe('whom a cluster trusts', () => {
  const kubeconfig = (name: string) =>
    `clusters:\n- cluster: {certificate-authority-data: ${Buffer.from('PEM').toString('base64')}}\n  name: ${name}\n`
  const ours = kubeconfig('minik8s-0123456789')
  const told = (data: Record<string, string>) => ({ get: async () => ({ data }) }) as unknown as Client
  const failing = (error: Error) => ({ get: () => Promise.reject(error) }) as unknown as Client
  const signed = (text: string, by = token) => ({
    kubeconfig: text,
    [`jws-kubeconfig-${token.id}`]: detachedSignature(text, by),
  })

  test('is what the token has signed', async () => {
    expect(await readClusterTrust(told(signed(ours)), server, token)).toEqual({ ca: 'PEM', cluster: '0123456789' })
  })

  test.each<[string, Client, RegExp]>([
    ['nobody answers', failing(serviceUnavailable('connect ECONNREFUSED')), /^no API server answers at https:\/\/192/],
    [
      'strangers are told nothing',
      failing(new StatusError(403, 'Forbidden', 'no')),
      /^the cluster at .* does not tell strangers about itself/,
    ],
    ['the token is not known', told({ kubeconfig: ours }), /does not know the token abcdef, or it has expired/],
    [
      'the secret is another',
      told(signed(ours, { ...token, secret: 'x'.repeat(16) })),
      /is not signed with the secret/,
    ],
    [
      'what was signed has changed',
      told({ ...signed(ours), kubeconfig: kubeconfig('minik8s-evil') }),
      /is not signed with the secret/,
    ],
    ['the cluster is not ours', told(signed(kubeconfig('""'))), /^this is not a cluster of minik8s/],
  ])('%s: an error that says what to do', async (_, client, message) => {
    const failure = await readClusterTrust(client, server, token).catch(error => error)
    expect(failure).toBeInstanceOf(UserError)
    expect(failure.message).toMatch(message)
  })
})

describe('the certificate of a node', () => {
  const day = 86_400_000
  let directory = ''
  let file = ''
  let clock: FakeClock
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'minik8s-kept-'))
    file = join(directory, 'client.pem')
    clock = new FakeClock()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const issue = (days: number) => {
    const now = clock.now()
    const authority = newAuthority('ca', now, 100)
    return issueCertificate(authority, { commonName: 'system:node:n1', usage: 'client', now, days })
  }

  /** Lets what is written to the disk be written. */
  const untilWritten = async (isWritten: () => boolean) => {
    for (let tries = 0; !isWritten() && tries < 1000; tries++) await new Promise(resolve => setTimeout(resolve, 1))
  }

  test('is kept, for its owner alone, until it ends', async () => {
    const pair = issue(10)
    await writeCertificate(file, pair)
    expect(await readCertificate(file, clock.now())).toEqual(pair)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await readCertificate(file, clock.now() + 11 * day)).toBeUndefined()
    expect(await readCertificate(join(directory, 'none'), clock.now())).toBeUndefined()
  })

  test('is renewed when between 70 and 90 % of its life are over, and again a minute after a failure', async () => {
    const [first, second] = [issue(10), issue(20)]
    const asked: number[] = []
    let shown = 0
    const renew = async () => {
      asked.push(clock.now())
      if (asked.length === 1) throw new Error('nobody answers')
      return second
    }
    const deps = { clock, random: new SeededRandom(1), log: silentLogger, renew, renewed: () => void shown++ }
    const kept = new KeptCertificate(deps, file, first)
    const begin = clock.now()
    kept.start()
    await clock.advance(6.9 * day)
    expect(asked).toEqual([])
    await clock.advance(2.1 * day)
    expect(asked).toHaveLength(2)
    expect(asked[0]! - begin).toBeGreaterThanOrEqual(6.9 * day)
    expect(asked[1]! - asked[0]!).toBe(60_000)
    await untilWritten(() => shown === 1)
    expect(kept.current).toBe(second)
    expect(await readCertificate(file, clock.now())).toEqual(second)
    kept.stop()
    expect(clock.pending).toBe(0)
  })
})
