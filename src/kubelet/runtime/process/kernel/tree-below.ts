/** The calls that take, or make first, what is at a path below a volume without following a link: whatever containers change meanwhile. */
import type { CallResult, Launcher } from './launcher.js'
import { atWorkingDirectory, openFlags, resolveFlags, treeFlags } from './system-calls.js'

export interface PathBelow {
  /** Of the volume, by its real path. */
  root: string
  /** Relative, without links or `..`. */
  path: string
  /** Where directories may be missing: the mode of new ones. */
  newMode?: number
}

/** struct open_how */
function openHow(): Buffer {
  const how = Buffer.alloc(24)
  how.writeBigUInt64LE(BigInt(openFlags.path | openFlags.closeOnExec))
  how.writeBigUInt64LE(BigInt(resolveFlags.noMagicLinks | resolveFlags.noSymlinks | resolveFlags.beneath), 16)
  return how
}

function openBelow(launcher: Launcher, root: string, path: string): CallResult {
  const what = `open ${path} below the volume`
  const top = launcher.call('openat', [atWorkingDirectory, root, openFlags.path | openFlags.closeOnExec, 0], { what })
  const how = openHow()
  const fd = launcher.call('openat2', [top, path || '.', how, how.length], { what })
  launcher.call('close', [top])
  return fd
}

/** A detached copy, to be mounted elsewhere. Fails with ELOOP or EXDEV where a link has appeared; wants Linux 5.6. */
export function takeTreeBelow(launcher: Launcher, { root, path, newMode }: PathBelow): CallResult {
  const parts = newMode === undefined ? [] : path.split('/')
  parts.forEach((part, i) => {
    const parent = openBelow(launcher, root, parts.slice(0, i).join('/'))
    launcher.call('mkdirat', [parent, part, newMode!], { onError: 'ignore' })
    launcher.call('close', [parent])
  })
  const fd = openBelow(launcher, root, path)
  const flags = treeFlags.clone | treeFlags.closeOnExec | treeFlags.recursive | treeFlags.emptyPath
  const tree = launcher.call('open_tree', [fd, '', flags], { what: `take ${path} below the volume` })
  launcher.call('close', [fd])
  return tree
}
