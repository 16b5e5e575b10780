/** The cluster's keys and certificates in `<data-dir>/pki`: made on the first start, renewed when they near their end. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
export const pkiDirectory = ({ dataDir, pkiDir }: { dataDir: string; pkiDir?: string }): string =>
  pkiDir ?? join(dataDir, 'pki')

/** Common name of the aggregator's certificate, which extension servers look at. */
export const frontProxyName = 'front-proxy-client'

const authorityDays = 3650
const leafDays = 365
const renewBeforeMs = 30 * 86_400_000

/** Where PEM texts are kept. */
interface PkiFiles {
  /** Undefined when it is missing. */
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

const filesIn = (directory: string): PkiFiles => ({
  async read(name) {
    try {
      return await readFile(join(directory, name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  },
  /** Written beside and renamed, so that a crash never leaves half a key. */
  async write(name, text) {
    const path = join(directory, name)
    await writeFile(`${path}.tmp`, text, { mode: 0o600 })
    await rename(`${path}.tmp`, path)
  },
})

/** Keeps nothing: everything is made. */
const noFiles: PkiFiles = { read: async () => undefined, write: async () => {} }

async function readPair(files: PkiFiles, name: string): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([files.read(`${name}.crt`), files.read(`${name}.key`)])
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

/** The certificate last: where it is, its key is too. */
async function writePair(files: PkiFiles, name: string, pair: KeyPair): Promise<void> {
  await files.write(`${name}.key`, pair.key)
  await files.write(`${name}.crt`, pair.certificate)
}

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

async function ensureServiceAccountKeys(files: PkiFiles): Promise<Pki['serviceAccount']> {
  const [privateKey, publicKey] = await Promise.all([files.read('sa.key'), files.read('sa.pub')])
  if (privateKey !== undefined && publicKey !== undefined) return { privateKey, publicKey }
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  await Promise.all([files.write('sa.key', pair.privateKey), files.write('sa.pub', pair.publicKey)])
  return pair
}

async function ensureAuthority(
  files: PkiFiles,
  now: number,
  { file, commonName }: { file: string; commonName: string },
): Promise<KeyPair> {
  const found = await readPair(files, file)
  if (found && Date.parse(new X509Certificate(found.certificate).validTo) > now) return found
  const made = newAuthority(commonName, now, authorityDays)
  await writePair(files, file, made)
  return made
}

async function ensureIn(files: PkiFiles, { hosts, now }: Omit<PkiOptions, 'directory'>): Promise<Pki> {
  const [ca, frontProxyCa, serviceAccount] = await Promise.all([
    ensureAuthority(files, now, { file: 'ca', commonName: 'minik8s-ca' }),
    ensureAuthority(files, now, { file: 'front-proxy-ca', commonName: 'minik8s-front-proxy-ca' }),
    ensureServiceAccountKeys(files),
  ])
  const ensureLeaf = async (
    name: string,
    request: { commonName: string; organizations?: string[]; hosts?: readonly string[] },
    authority = ca,
  ) => {
    const found = await readPair(files, name)
    if (found && isCurrent(found, authority, { hosts: request.hosts ?? [], now })) return found
    const made = issueCertificate(authority, {
      ...request,
      usage: request.hosts ? 'server' : 'client',
      now,
      days: leafDays,
    })
    await writePair(files, name, made)
    return made
  }
  const [apiserver, admin, client] = await Promise.all([
    ensureLeaf('apiserver', { commonName: 'kube-apiserver', hosts }),
    ensureLeaf('admin', { commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
    ensureLeaf('front-proxy-client', { commonName: frontProxyName }, frontProxyCa),
  ])
  return { ca, apiserver, admin, frontProxy: { ca: frontProxyCa, client }, serviceAccount }
}

const lockPatience = 10_000
const lockPause = 20

/** Several servers of a cluster may start at once: one makes what all share, the others wait for it. */
async function withLock<T>(directory: string, body: () => Promise<T>): Promise<T> {
  const lock = join(directory, 'lock')
  for (let waited = 0; ; waited += lockPause) {
    const taken = await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        return false
      },
    )
    // Whoever holds it for so long has died.
    if (taken || waited >= lockPatience) break
    await new Promise(resolve => setTimeout(resolve, lockPause))
  }
  try {
    return await body()
  } finally {
    await rm(lock, { force: true })
  }
}

/** Reads what is there and makes what is missing or about to end. Files are 0600, the directory 0700. */
export async function ensurePki({ directory, ...options }: PkiOptions): Promise<Pki> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const files = filesIn(directory)
  const ensure = () => ensureIn(files, options)
  const leaves = await Promise.all(['admin', 'apiserver', frontProxyName].map(name => files.read(`${name}.crt`)))
  return leaves.includes(undefined) ? withLock(directory, ensure) : ensure()
}

/** Of a cluster that leaves nothing on the disk. */
export const newPki = (options: Omit<PkiOptions, 'directory'>): Promise<Pki> => ensureIn(noFiles, options)
