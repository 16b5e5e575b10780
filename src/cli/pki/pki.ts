/** The cluster's keys and certificates in `<data-dir>/pki`: made on the first start, renewed when they near their end. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueCertificate, type KeyPair, newAuthority } from '../../machinery/pki/certificates.js'

/** PEM texts of everything the API server and the administrator need. */
export interface Pki {
  ca: KeyPair
  apiserver: KeyPair
  admin: KeyPair
  /** Who may speak for others in headers, and the aggregator as one of them. */
  frontProxy: { ca: KeyPair; client: KeyPair }
  /** Signs service-account tokens. */
  serviceAccount: { privateKey: string; publicKey: string }
}

export interface PkiOptions {
  directory: string
  /** DNS names and addresses under which the API server is reached. */
  hosts: readonly string[]
  /** Milliseconds since the epoch. */
  now: number
}

/** Where they are kept. */
export const pkiDirectory = ({ dataDir }: { dataDir: string }): string => join(dataDir, 'pki')

/** Common name of the aggregator's certificate, which extension servers look at. */
export const frontProxyName = 'front-proxy-client'

const authorityDays = 3650
const leafDays = 365
const renewBeforeMs = 30 * 86_400_000

async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
  try {
    const [certificate, key] = await Promise.all([
      readFile(join(directory, `${name}.crt`), 'utf8'),
      readFile(join(directory, `${name}.key`), 'utf8'),
    ])
    return { certificate, key }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written beside and renamed, so that a crash never leaves half a key. */
async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text, { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}

const writePair = (directory: string, name: string, pair: KeyPair) =>
  Promise.all([
    writeSecret(join(directory, `${name}.key`), pair.key),
    writeSecret(join(directory, `${name}.crt`), pair.certificate),
  ])

/** True when a stored certificate still serves: not near its end, signed by this authority, good for all hosts. */
function isCurrent(
  pair: KeyPair,
  authority: KeyPair,
  { hosts, now }: { hosts: readonly string[]; now: number },
): boolean {
  const certificate = new X509Certificate(pair.certificate)
  if (Date.parse(certificate.validTo) - renewBeforeMs < now) return false
  if (!certificate.verify(new X509Certificate(authority.certificate).publicKey)) return false
  return hosts.every(h => certificate.checkHost(h) !== undefined || certificate.checkIP(h) !== undefined)
}

async function ensureServiceAccountKeys(directory: string): Promise<Pki['serviceAccount']> {
  const [privateFile, publicFile] = [join(directory, 'sa.key'), join(directory, 'sa.pub')]
  try {
    return { privateKey: await readFile(privateFile, 'utf8'), publicKey: await readFile(publicFile, 'utf8') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  await Promise.all([writeSecret(privateFile, pair.privateKey), writeSecret(publicFile, pair.publicKey)])
  return pair
}

async function ensureAuthority({ directory, now }: PkiOptions, file: string, commonName: string): Promise<KeyPair> {
  const found = await readPair(directory, file)
  if (found && Date.parse(new X509Certificate(found.certificate).validTo) > now) return found
  const made = newAuthority(commonName, now, authorityDays)
  await writePair(directory, file, made)
  return made
}

/** Reads what is there and makes what is missing or about to end. Files are 0600, the directory 0700. */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  const { directory, hosts, now } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const [ca, frontProxyCa, serviceAccount] = await Promise.all([
    ensureAuthority(options, 'ca', 'minik8s-ca'),
    ensureAuthority(options, 'front-proxy-ca', 'minik8s-front-proxy-ca'),
    ensureServiceAccountKeys(directory),
  ])
  const ensureLeaf = async (
    name: string,
    request: { commonName: string; organizations?: string[]; hosts?: readonly string[] },
    authority = ca,
  ) => {
    const found = await readPair(directory, name)
    if (found && isCurrent(found, authority, { hosts: request.hosts ?? [], now })) return found
    const made = issueCertificate(authority, {
      ...request,
      usage: request.hosts ? 'server' : 'client',
      now,
      days: leafDays,
    })
    await writePair(directory, name, made)
    return made
  }
  const [apiserver, admin, client] = await Promise.all([
    ensureLeaf('apiserver', { commonName: 'kube-apiserver', hosts }),
    ensureLeaf('admin', { commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
    ensureLeaf('front-proxy-client', { commonName: frontProxyName }, frontProxyCa),
  ])
  return { ca, apiserver, admin, frontProxy: { ca: frontProxyCa, client }, serviceAccount }
}
