/** Reads from a container registry by the distribution API, version 2: manifests, and blobs whose digest is checked. */
import { createHash, type Hash } from 'node:crypto'
import { RuntimeError } from '../../runtime.js'
import type { RegistryCredentials } from '../../types.js'
import { type Challenge, parseChallenges } from './challenge.js'

export interface Repository {
  /** Such as `ghcr.io` or `127.0.0.1:5000`; Docker Hub is `docker.io`. */
  registry: string
  /** Such as `library/nginx`. */
  path: string
}

export interface RegistryClientOptions {
  repository: Repository
  credentials: RegistryCredentials | undefined
  signal: AbortSignal
  fetch: typeof fetch
}

/** Of a manifest, or of what a token server says: all that is read into memory. */
const longestText = 4 * 2 ** 20
const hubHost = 'registry-1.docker.io'
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/

/** In the words of Go, by which the kubelet tells a registry that cannot be reached from one that refuses. */
function networkError(error: unknown, host: string): RuntimeError {
  const { code = '', message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  const texts: Record<string, string> = {
    ENOTFOUND: `dial tcp: lookup ${host}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${host}: no such host`,
    ECONNREFUSED: `dial tcp ${host}: connect: connection refused`,
    ENETUNREACH: `dial tcp ${host}: connect: network is unreachable`,
    EHOSTUNREACH: `dial tcp ${host}: connect: no route to host`,
    ETIMEDOUT: `dial tcp ${host}: i/o timeout`,
    UND_ERR_CONNECT_TIMEOUT: `dial tcp ${host}: i/o timeout`,
  }
  return new RuntimeError('other', texts[code] ?? `${host}: ${message}`)
}

async function textOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > longestText) throw new RuntimeError('other', 'the registry answers with more than a manifest can be')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const basic = ({ username = '', password = '' }: RegistryCredentials) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export interface Descriptor {
  digest: string
  size?: number
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export class RegistryClient {
  readonly #options: RegistryClientOptions
  #base: string | undefined
  #authorization: string | undefined

  constructor(options: RegistryClientOptions) {
    this.#options = options
  }

  get #host(): string {
    const { registry } = this.#options.repository
    return registry === 'docker.io' ? hubHost : registry
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { fetch, signal } = this.#options
    try {
      return await fetch(url, { ...init, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw networkError(error, new URL(url).host)
    }
  }

  /** Registries of this machine may do without TLS, as with Docker. */
  async #findBase(): Promise<string> {
    const host = this.#host
    if (!loopback.test(host)) return `https://${host}`
    const secure = `https://${host}`
    const answers = this.#fetch(`${secure}/v2/`, {}).then(({ body }) => body?.cancel())
    return answers.then(
      () => secure,
      () => `http://${host}`,
    )
  }

  /** Asks again with what the registry wants to see, once. */
  async #get(path: string, accept: string): Promise<Response> {
    this.#base ??= await this.#findBase()
    const url = `${this.#base}/v2/${this.#options.repository.path}/${path}`
    const ask = () =>
      this.#fetch(url, {
        headers: { accept, ...(this.#authorization && { authorization: this.#authorization }) },
      })
    const first = await ask()
    if (first.status !== 401) return first
    await first.body?.cancel()
    this.#authorization = await this.#authorize(parseChallenges(first.headers.get('www-authenticate') ?? ''))
    return this.#authorization ? ask() : first
  }

  async #authorize(challenges: readonly Challenge[]): Promise<string | undefined> {
    const { credentials } = this.#options
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
    if (bearer?.parameters.realm) return this.#token(bearer.parameters)
    const knows = credentials?.username !== undefined && challenges.some(({ scheme }) => scheme === 'basic')
    return knows ? basic(credentials) : undefined
  }

  async #token({ realm = '', service = '', scope }: Challenge['parameters']): Promise<string | undefined> {
    const { repository, credentials } = this.#options
    const wanted = { service, scope: scope ?? `repository:${repository.path}:pull` }
    const { identitytoken, username } = credentials ?? {}
    const parameters = new URLSearchParams(wanted)
    const grant = { ...wanted, grant_type: 'refresh_token', client_id: 'minik8s', refresh_token: identitytoken ?? '' }
    const response = identitytoken
      ? await this.#fetch(realm, { method: 'POST', body: new URLSearchParams(grant) })
      : await this.#fetch(`${realm}${realm.includes('?') ? '&' : '?'}${parameters}`, {
          headers: username ? { authorization: basic(credentials!) } : {},
        })
    const text = await textOf(response)
    if (!response.ok) return undefined
    const { token, access_token } = JSON.parse(text.toString()) as { token?: string; access_token?: string }
    return `Bearer ${token ?? access_token ?? ''}`
  }

  async #ok(path: string, accept: string): Promise<Response> {
    const response = await this.#get(path, accept)
    if (response.ok) return response
    const { repository } = this.#options
    const where = `${this.#host}/${repository.path}/${path}`
    if (response.status === 401 || response.status === 403)
      throw new RuntimeError(
        'other',
        'pull access denied, repository does not exist or may require authorization: authorization failed',
      )
    if (response.status === 404) throw new RuntimeError('image-missing', `${where}: not found`)
    throw new RuntimeError('other', `unexpected status from GET request to ${where}: ${response.status}`)
  }

  /** By tag or digest; in the latter case the bytes are what was asked for. */
  async manifest(reference: string, types: readonly string[]): Promise<{ bytes: Buffer; digest: string }> {
    const response = await this.#ok(`manifests/${reference}`, types.join(', '))
    const bytes = await textOf(response)
    const digest = digestOf(bytes)
    if (reference.startsWith('sha256:') && reference !== digest)
      throw new RuntimeError('other', `the registry gave other content than ${reference}`)
    return { bytes, digest }
  }

  /** Small ones at once. */
  async blob(descriptor: Descriptor): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.blobChunks(descriptor)) {
      size += chunk.length
      if (size > longestText) throw new RuntimeError('other', `${descriptor.digest} is too large`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  /** Throws at the end where the content was not that of the digest. */
  async *blobChunks({ digest, size }: Descriptor): AsyncGenerator<Buffer> {
    const [algorithm = '', wanted] = digest.split(':')
    if (algorithm !== 'sha256' && algorithm !== 'sha512')
      throw new RuntimeError('other', `unknown digest algorithm ${algorithm}`)
    const hash: Hash = createHash(algorithm)
    const { body } = await this.#ok(`blobs/${digest}`, '*/*')
    let seen = 0
    for await (const chunk of body ?? []) {
      seen += chunk.length
      if (size !== undefined && seen > size) break
      hash.update(chunk)
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    }
    if ((size !== undefined && seen !== size) || hash.digest('hex') !== wanted)
      throw new RuntimeError('other', `the registry gave other content than ${digest}`)
  }
}
