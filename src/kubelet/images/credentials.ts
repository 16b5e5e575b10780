/** Registry credentials out of image pull secrets. Pure. */
import type { Secret } from '../../apis/generated/core-v1.js'
import type { RegistryCredentials } from '../runtime/types.js'
import type { ImageName } from './image-name.js'

export interface DockerAuth {
  username?: string
  password?: string
  auth?: string
  identitytoken?: string
}

function entriesOf({ type, data = {} }: Secret): [string, DockerAuth][] {
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
  try {
    if (type === 'kubernetes.io/dockerconfigjson') {
      const { auths = {} } = JSON.parse(text('.dockerconfigjson')) as { auths?: Record<string, DockerAuth> }
      return Object.entries(auths)
    }
    if (type === 'kubernetes.io/dockercfg')
      return Object.entries(JSON.parse(text('.dockercfg')) as Record<string, DockerAuth>)
  } catch {
    // Not JSON: the secret has no credentials for us.
  }
  return []
}

/** `https://index.docker.io/v1/` and the like to host and path. */
function location(key: string): { host: string; path: string } {
  const plain = key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '')
  const [host = '', ...path] = plain.split('/')
  return { host: host === 'index.docker.io' ? 'docker.io' : host, path: path.join('/') }
}

/** A part of a host may be `*`. */
function hostMatches(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.split('.'), host.split('.')]
  return wanted.length === given.length && wanted.every((part, i) => part === '*' || part === given[i])
}

function usable(auth: DockerAuth, serveraddress: string): RegistryCredentials {
  const [username = '', password = ''] = Buffer.from(auth.auth ?? '', 'base64')
    .toString('utf8')
    .split(/:(.*)/s)
  return {
    username: auth.username ?? username,
    password: auth.password ?? password,
    serveraddress,
    ...(auth.identitytoken && { identitytoken: auth.identitytoken }),
  }
}

/** Every entry that fits the image, the most specific path first. */
export function credentialsIn(
  entries: readonly [key: string, auth: DockerAuth][],
  { registry, repository }: ImageName,
): RegistryCredentials[] {
  const path = repository.startsWith(`${registry}/`) ? repository.slice(registry.length + 1) : repository
  return entries
    .map(([key, auth]) => ({ key, auth, ...location(key) }))
    .filter(({ host, path: prefix }) => hostMatches(host, registry) && (!prefix || `${path}/`.startsWith(`${prefix}/`)))
    .sort((a, b) => b.path.length - a.path.length)
    .map(({ key, auth }) => usable(auth, key))
}

export const credentialsFor = (name: ImageName, secrets: readonly Secret[]): RegistryCredentials[] =>
  credentialsIn(secrets.flatMap(entriesOf), name)
