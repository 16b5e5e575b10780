/** The checks of the safety suite that need nothing but this process, in their short versions. */
import { expect, test } from '@jest/globals'
import { load } from 'js-yaml'
import { startCluster } from '../../src/embedding/index.js'
import type { CheckSettings, OwnServer } from './check.js'
import { checks } from './checks/index.js'

interface Keys {
  clusters: { cluster: { 'certificate-authority-data': string } }[]
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[]
}

async function startServer(): Promise<OwnServer> {
  const { url, kubeconfig, stop } = await startCluster({ controllers: [], scheduler: false })
  const { clusters, users } = load(kubeconfig) as Keys
  const decode = (text: string) => Buffer.from(text, 'base64')
  const user = users[0]!.user
  const tls = {
    ca: decode(clusters[0]!.cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  }
  return { url, tls, headers: {}, stop }
}

const settings: CheckSettings = { long: false, seed: 1, servers: [], startServer, say: () => {} }
const inProcess = ['power-loss', 'torn-tail', 'bitrot', 'fsync-fail', 'disk-full', 'linear', 'watch-laws']

test.each(checks.filter(({ name }) => inProcess.includes(name)))(
  '$name: $claim',
  async ({ run }) => {
    expect(await run(settings)).toEqual([])
  },
  60_000,
)
