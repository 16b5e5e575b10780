/** What the HTTPS server of a kubelet in this process needs: a certificate of the cluster's CA, and what speaks SPDY and WebSocket. */
import type { StreamingOptions } from '../../apiserver/streaming/streaming.js'
import type { KubeletUpgrade } from '../../kubelet/server/https-server.js'
import type { ServingOptions } from '../../kubelet/server/node-server.js'
import type { NodeApi } from '../../machinery/node-api.js'
import { issueCertificate, type KeyPair, newAuthority } from '../../machinery/pki/certificates.js'
import { systemClock as clock } from '../system.js'

/** They are made anew at each start. */
const servingDays = 365

/** Upstream's names of the parameters, which are not those of the API server. */
function optionsOf({ subresource, query }: KubeletUpgrade): StreamingOptions {
  if (subresource === 'portforward') return { ports: query.getAll('port').flatMap(list => list.split(',').map(Number)) }
  const asked = (name: string) => query.get(name) === '1'
  const streams = { stdin: asked('input'), stdout: asked('output'), stderr: asked('error'), tty: asked('tty') }
  return { ...streams, ...(subresource === 'exec' && { command: query.getAll('command') }) }
}

/** The code for it is loaded at the first. */
export async function streamFromKubelet(upgrade: KubeletUpgrade, node: NodeApi): Promise<void> {
  const { handleStreamingUpgrade } = await import('../../apiserver/streaming/handle-upgrade.js')
  const { query: _, ...rest } = upgrade
  await handleStreamingUpgrade({ ...rest, node, options: optionsOf(upgrade) }, { clock })
}

interface ServingPlace {
  nodeName: string
  address: string
  /** Who signs certificates of callers; PEM. */
  clientCa: string
}

function servingSignedBy(authority: KeyPair, { nodeName, address, clientCa }: ServingPlace): ServingOptions {
  const serving = issueCertificate(authority, {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
    usage: 'server',
    hosts: [address, nodeName, '127.0.0.1', 'localhost'],
    now: clock.now(),
    days: servingDays,
  })
  return { address, serving, clientCa, stream: streamFromKubelet }
}

/** Of a kubelet beside the cluster's keys. */
export const kubeletServing = (nodeName: string, address: string, ca: KeyPair): ServingOptions =>
  servingSignedBy(ca, { nodeName, address, clientCa: ca.certificate })

/** Of a kubelet that has no key of the cluster's: as upstream's by default. */
export const selfSignedServing = (place: ServingPlace): ServingOptions =>
  servingSignedBy(newAuthority(`${place.nodeName}-ca`, clock.now(), servingDays), place)
