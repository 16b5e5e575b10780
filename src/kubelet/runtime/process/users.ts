/** Whom a container runs as: names looked up in the image's own passwd and group files. */
import { readFile } from 'node:fs/promises'
import { RuntimeError } from '../runtime.js'
import { resolveInRoot } from './resolve-in-root.js'

export interface UserIdentity {
  uid: number
  gid: number
  /** Supplementary groups, those of the image's group file included. */
  groups: readonly number[]
  home: string
}

const readTable = async (root: string, path: string): Promise<string[][]> => {
  const text = await resolveInRoot(root, path)
    .then(found => readFile(found, 'utf8'))
    .catch(() => '')
  return text.split('\n').map(line => line.split(':'))
}

const isNumber = (text: string) => /^\d+$/.test(text)

/** `user` is `uid`, `uid:gid` or names; empty is root. Rejects for a name that the image does not know. */
export async function identityOf(root: string, user: string, supplemental: readonly number[]): Promise<UserIdentity> {
  const [name = '', group] = user.split(':')
  const [passwd, groupFile] = await Promise.all([readTable(root, '/etc/passwd'), readTable(root, '/etc/group')])
  const wanted = name || '0'
  const entry = passwd.find(fields => fields[0] === wanted) ?? passwd.find(fields => fields[2] === wanted)
  if (!entry && !isNumber(wanted))
    throw new RuntimeError('cannot-run', `unable to find user ${wanted}: no matching entries in passwd file`)
  const uid = Number(entry?.[2] ?? wanted)
  const login = entry?.[0]
  const ownGroups = groupFile
    .filter(fields => login && fields[3]?.split(',').includes(login))
    .map(([, , id]) => Number(id))
  return {
    uid,
    gid: gidOf(group, groupFile) ?? Number(entry?.[3] ?? 0),
    groups: [...new Set([...(group ? [] : ownGroups), ...supplemental])],
    home: entry?.[5] || '/',
  }
}

function gidOf(group: string | undefined, table: readonly string[][]): number | undefined {
  if (!group) return undefined
  if (isNumber(group)) return Number(group)
  const id = table.find(fields => fields[0] === group)?.[2]
  if (id === undefined)
    throw new RuntimeError('cannot-run', `unable to find group ${group}: no matching entries in group file`)
  return Number(id)
}
