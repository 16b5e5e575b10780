/** Reads kubeconfigs: where the server of a context is, and as whom to speak to it. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { HttpsClientOptions } from './https.js'

interface Named {
  name: string
}

interface ClusterEntry extends Named {
  cluster?: {
    server?: string
    'certificate-authority'?: string
    'certificate-authority-data'?: string
    'insecure-skip-tls-verify'?: boolean
    'tls-server-name'?: string
  }
}

interface UserEntry extends Named {
  user?: {
    token?: string
    tokenFile?: string
    'client-certificate'?: string
    'client-certificate-data'?: string
    'client-key'?: string
    'client-key-data'?: string
    exec?: object
    'auth-provider'?: object
    username?: string
  }
}

interface ContextEntry extends Named {
  context?: { cluster?: string; user?: string; namespace?: string }
}

interface Kubeconfig {
  clusters?: ClusterEntry[] | null
  users?: UserEntry[] | null
  contexts?: ContextEntry[] | null
  'current-context'?: string
}

export interface Connection extends HttpsClientOptions {
  /** Of the context; `default` where it names none. */
  namespace: string
}

/** Ways to log in that run other programs or are long gone. */
const unsupported = ['exec', 'auth-provider', 'username'] as const

/**
 * The connection of `context`, or of the current one. Files that the kubeconfig names are looked up beside it and read now, but for
 * the token's, which is read again at every request, since it is replaced as it expires.
 * Rejects with an Error that says what is missing.
 */
export async function readKubeconfig(path: string, context?: string): Promise<Connection> {
  const { load } = await import('js-yaml')
  const config = (load(await readFile(path, 'utf8')) ?? {}) as Kubeconfig
  const wanted = context ?? config['current-context']
  if (!wanted) throw new Error(`${path} has no current-context: name one`)
  const named = find(path, 'context', config.contexts, wanted).context ?? {}
  const { cluster = {} } = find(path, 'cluster', config.clusters, named.cluster ?? '')
  if (!cluster.server) throw new Error(`the cluster "${named.cluster}" of ${path} has no server`)
  const { user = {} } = named.user ? find(path, 'user', config.users, named.user) : {}
  for (const way of unsupported)
    if (user[way])
      throw new Error(`the user "${named.user}" of ${path} logs in by ${way}: use a token or a certificate`)

  const fileOf = (name: string) => resolve(path, '..', name)
  const pem = async (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64') : file ? readFile(fileOf(file)) : undefined
  const { tokenFile } = user
  const token = user.token ?? (tokenFile ? () => readFileSync(fileOf(tokenFile), 'utf8').trim() : undefined)
  return {
    server: cluster.server,
    namespace: named.namespace || 'default',
    ...defined({
      ca: await pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
      cert: await pem(user['client-certificate-data'], user['client-certificate']),
      key: await pem(user['client-key-data'], user['client-key']),
      serverName: cluster['tls-server-name'],
      insecure: cluster['insecure-skip-tls-verify'],
      token,
    }),
  }
}

function find<E extends Named>(path: string, what: string, entries: E[] | null | undefined, name: string): E {
  const entry = entries?.find(e => e.name === name)
  if (!entry) throw new Error(`${path} has no ${what} "${name}"`)
  return entry
}

/** Without the members that are not there. */
const defined = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
