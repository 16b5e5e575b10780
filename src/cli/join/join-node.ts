/** A node in a process of its own: trusts the cluster, gets a certificate, and runs a kubelet with it. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { lease as leaseKind } from '../../apis/coordination-v1/index.js'
import { service as serviceKind } from '../../apis/core-v1/index.js'
import type { Client } from '../../client/client.js'
import { newHttpsClient } from '../../client/https.js'
import { startKubelet } from '../../kubelet/kubelet.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { selfSignedServing } from '../cluster/kubelet-serving.js'
import { resolvedConf } from '../cluster/nodes.js'
import { openRuntime } from '../cluster/runtimes.js'
import type { Configuration } from '../configuration.js'
import { ensureOwner, findInstance, removeInstance, writeInstance } from '../instance.js'
import { readKubeletConfig } from '../kubelet-config.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { UserError } from '../user-error.js'
import type { BootstrapToken } from './bootstrap-token.js'
import { type ClusterTrust, readClusterTrust } from './cluster-trust.js'
import { KeptCertificate, readCertificate, writeCertificate } from './kept-certificate.js'
import { requestCertificate } from './request-certificate.js'

export interface JoinOptions {
  server: string
  /** Needed where the data directory holds no certificate yet. */
  token?: BootstrapToken
  nodeName: string
  /** Its data directory is of this node alone. */
  configuration: Configuration
  /** Of client certificates; the cluster's choice by default. */
  certificateSeconds?: number
  log: Logger
  say(text: string): void
  /** Aborted when the process is to end. */
  signal: AbortSignal
}

const certificateFile = ({ configuration: { dataDir } }: JoinOptions) => join(dataDir, 'pki', 'kubelet-client.pem')
const trustFile = ({ configuration: { dataDir } }: JoinOptions) => join(dataDir, 'cluster-trust.json')

const life = ({ certificateSeconds }: JoinOptions) => (certificateSeconds ? { lifeSeconds: certificateSeconds } : {})

interface Membership {
  trust: ClusterTrust
  certificate: KeyPair
  isNew: boolean
}

/** What an earlier start left. */
async function readMembership(options: JoinOptions): Promise<Membership | undefined> {
  const [certificate, trust] = await Promise.all([
    readCertificate(certificateFile(options), clock.now()),
    readFile(trustFile(options), 'utf8').catch(() => ''),
  ])
  return certificate && trust ? { certificate, trust: JSON.parse(trust), isNew: false } : undefined
}

async function becomeMember(options: JoinOptions): Promise<Membership> {
  const { server, token, nodeName, say, signal } = options
  const { dataDir } = options.configuration
  if (!token)
    throw new UserError(
      `${dataDir} holds no certificate of a node that is good still: --token is needed, and \`minik8s node token\` makes one`,
    )
  const stranger = newHttpsClient({ server, insecure: true }, { clock })
  const trust = await readClusterTrust(stranger, server, token).finally(() => stranger.close())
  const bearer = newHttpsClient({ server, ca: trust.ca, token: `${token.id}.${token.secret}` }, { clock })
  const asked = (name: string) =>
    say(
      `asked for a certificate: ${name}; where it is not approved by itself, \`kubectl certificate approve ${name}\` does it`,
    )
  try {
    const certificate = await requestCertificate({ client: bearer, nodeName, signal, ...life(options) }, asked)
    await mkdir(join(dataDir, 'pki'), { recursive: true, mode: 0o700 })
    await writeFile(trustFile(options), JSON.stringify(trust), { mode: 0o600 })
    await writeCertificate(certificateFile(options), certificate)
    return { trust, certificate, isNew: true }
  } catch (error) {
    if (!isReason(error, 'Unauthorized') && !isReason(error, 'Forbidden')) throw error
    throw new UserError(`the cluster does not let the bearer of this token join: ${(error as Error).message}`)
  } finally {
    bearer.close()
  }
}

async function refuseSecond(dataDir: string): Promise<void> {
  const running = await findInstance(dataDir)
  if (running) throw new UserError(`process ${running.pid} runs on ${dataDir}: \`minik8s down\` stops it`)
}

/** Two kubelets of one name would fight over its pods. */
async function refuseDouble(client: Client, nodeName: string): Promise<void> {
  const key = { namespace: 'kube-node-lease', name: nodeName }
  const found = await client.get(leaseKind, key).catch(error => {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Forbidden')) throw error
    return undefined
  })
  const { renewTime = '', leaseDurationSeconds = 0 } = found?.spec ?? {}
  if (Date.parse(renewTime) + leaseDurationSeconds * 1000 > clock.now())
    throw new UserError(`a node ${nodeName} is there already, and alive: choose another name with --node-name`)
}

/** The address of the cluster's name service; none where it has none. */
const clusterDnsOf = (client: Client): Promise<string[]> =>
  client.get(serviceKind, { namespace: 'kube-system', name: 'kube-dns' }).then(
    ({ spec }) => [spec?.clusterIP ?? ''].filter(Boolean),
    error => {
      if (isReason(error, 'NotFound')) return []
      throw error
    },
  )

/** Resolves when the process is to end and the kubelet has stopped; its containers keep running. */
export async function joinNode(options: JoinOptions): Promise<void> {
  const { server, nodeName, configuration, log, say, signal } = options
  const { dataDir } = configuration
  const { eviction, imagePolicy, ...settings } = readKubeletConfig(configuration.kubelet ?? {})
  await refuseSecond(dataDir)
  const { trust, certificate, isNew } = (await readMembership(options)) ?? (await becomeMember(options))
  const renew = () => requestCertificate({ client, nodeName, signal, ...life(options) }, () => {})
  const renewed = () => client.close()
  const file = certificateFile(options)
  const kept: KeptCertificate = new KeptCertificate({ clock, random, log, renew, renewed }, file, certificate)
  const client = newHttpsClient(
    { server, ca: trust.ca, credentials: () => kept.current, userAgent: 'kubelet' },
    { clock },
  )
  if (isNew) await refuseDouble(client, nodeName)
  const owner = await ensureOwner(dataDir, { cluster: trust.cluster, node: nodeName })
  const [runtimes, clusterDns] = await Promise.all([openRuntime(configuration, owner, log), clusterDnsOf(client)])
  const { nodeAddresses } = runtimes!
  const kubelet = startKubelet(
    {
      ...{ client, clock, random, log, runtime: runtimes!.runtimeFor(nodeName), metrics: newMetricRegistry() },
      serving: selfSignedServing({ nodeName, address: nodeAddresses[0], clientCa: trust.ca }),
    },
    {
      nodeName,
      addresses: nodeAddresses,
      dataDirectory: join(dataDir, 'node'),
      clusterDns,
      resolvConf: existsSync(resolvedConf) ? resolvedConf : '/etc/resolv.conf',
      dockerConfigDirectory: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'),
      ...settings,
      ...(eviction && { eviction }),
      ...(imagePolicy && { imagePolicy }),
    },
  )
  kept.start()
  await writeInstance(dataDir, server)
  await kubelet.started
  if (!signal.aborted) say(`node ${nodeName} has joined the cluster at ${server}`)
  await untilAborted(signal)
  kept.stop()
  await kubelet.stop()
  client.close()
  await runtimes!.close()
  await removeInstance(dataDir)
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
