/** Where the cluster's objects are kept: what `--storage` says. */
import { UsageError } from './flags.js'

/** An etcd, or a cluster of it. */
export interface EtcdLocation {
  engine: 'etcd'
  /** `host:port` of each member. */
  members: readonly string[]
  /** Put before all keys: empty or `/path`. */
  prefix: string
}

/** A directory of this machine; undefined: the one in the data directory. */
export interface FileLocation {
  engine: 'file'
  directory?: string
}

export type StorageLocation = EtcdLocation | FileLocation

const etcdForm = /^etcd:\/\/([^/?#@]+)(\/[^?#]*)?$/
const memberForm = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/
const etcdPort = 2379

function parseMember(flag: string, text: string): string {
  const [, host, port = etcdPort] = memberForm.exec(text) ?? []
  if (!host || Number(port) < 1 || Number(port) > 65535)
    throw new UsageError(`--${flag}: "${text}" is no address of an etcd: give HOST:PORT`)
  return `${host}:${port}`
}

/** `etcd://HOST[:PORT],…[/PREFIX]`, `file` or `file:DIR`. Throws UsageError. */
export function parseStorageLocation(flag: string, text: string): StorageLocation {
  if (text === 'file') return { engine: 'file' }
  if (text.startsWith('file:') && text.length > 5) return { engine: 'file', directory: text.slice(5) }
  const [, members, prefix = ''] = etcdForm.exec(text) ?? []
  if (members === undefined)
    throw new UsageError(`--${flag} must be file, file:DIR or etcd://HOST:PORT,…[/PREFIX], not "${text}"`)
  return {
    engine: 'etcd',
    members: members.split(',').map(member => parseMember(flag, member)),
    prefix: prefix.replace(/\/+$/, ''),
  }
}
