/** The calls that give a process a root file system of its own, with everything that belongs there, and leave that of the host behind. */
import type { CallResult, Launcher } from './kernel/launcher.js'
import {
  atWorkingDirectory,
  fileTypes,
  mountFlags,
  openFlags,
  terminalControl,
  treeFlags,
} from './kernel/system-calls.js'
import { type PathBelow, takeTreeBelow } from './kernel/tree-below.js'
import { addDirectories, addFile } from './launch-user.js'

/** A directory as it is, or layers below one that takes the changes. */
export type RootSource = { directory: string } | { lower: string; upper: string; work: string }

export interface BoundPath {
  /** On the host; links in it have been followed. */
  source: string
  /** The same, where no link may be followed any more. */
  below?: PathBelow
  target: string
  isDirectory: boolean
  readOnly: boolean
  propagation?: 'private' | 'rslave' | 'rshared'
}

export interface RootOptions {
  /** Where it is put together, an empty directory. */
  at: string
  source: RootSource
  binds: readonly BoundPath[]
  /** Control groups of hierarchies of their own, to be shown below /sys/fs/cgroup. */
  groups: readonly BoundPath[]
  /** Numbers of device files beyond the usual ones. */
  devices: readonly { path: string; block: boolean; number: number }[]
}

const { readOnly, noSetuid, noDevices, noExec, remount, bind, recursive, slave, detach } = mountFlags
const makePrivate = mountFlags.private

/** Such as major 1, minor 3 for /dev/null; as mknod takes them. */
export const deviceNumber = (major: number, minor: number) =>
  (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)

const usualDevices: readonly (readonly [string, number, number])[] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
]

/** Separators in the options of overlayfs. */
const escaped = (path: string) => path.replace(/[\\,:]/g, '\\$&')

function addSource(launcher: Launcher, { at, source }: RootOptions): void {
  if ('directory' in source) {
    launcher.call('mount', [source.directory, at, 0, bind | recursive, 0], { what: 'mount root file system' })
    return
  }
  const { lower, upper, work } = source
  const options = `lowerdir=${escaped(lower)},upperdir=${escaped(upper)},workdir=${escaped(work)}`
  launcher.call('mount', ['overlay', at, 'overlay', 0, options], { what: 'mount root file system' })
}

/** Detached copies of what will be bound, taken while the host's paths are still in reach. */
const takeTrees = (launcher: Launcher, binds: readonly BoundPath[]): CallResult[] =>
  binds.map(({ source, below, target }) =>
    below
      ? takeTreeBelow(launcher, below)
      : launcher.call(
          'open_tree',
          [atWorkingDirectory, source, treeFlags.clone | treeFlags.closeOnExec | treeFlags.recursive],
          { what: `mount ${source} to ${target}` },
        ),
  )

function addBind(launcher: Launcher, tree: CallResult, mount: BoundPath): void {
  const { target } = mount
  const parent = target.slice(0, target.lastIndexOf('/'))
  addDirectories(launcher, mount.isDirectory ? target : parent)
  if (!mount.isDirectory) addFile(launcher, target)
  launcher.call('move_mount', [tree, '', atWorkingDirectory, target, treeFlags.fromEmptyPath], {
    what: `mount ${target}`,
  })
  const { propagation = 'private' } = mount
  const kind = { private: makePrivate, rslave: slave, rshared: mountFlags.shared }[propagation]
  launcher.call('mount', [0, target, 0, kind | recursive, 0], { what: `set propagation of ${target}` })
  if (mount.readOnly)
    launcher.call('mount', [0, target, 0, remount | bind | readOnly, 0], { what: `make ${target} read-only` })
}

function addDevices(launcher: Launcher, devices: RootOptions['devices']): void {
  launcher.call('mount', ['tmpfs', '/dev', 'tmpfs', noSetuid, 'mode=755,size=65536k'], { what: 'mount /dev' })
  const device = (path: string, type: number, number: number) =>
    launcher.call('mknodat', [atWorkingDirectory, path, type | 0o666, number], {
      what: `make ${path}`,
      onError: 'ignore',
    })
  for (const [name, major, minor] of usualDevices)
    device(`/dev/${name}`, fileTypes.character, deviceNumber(major, minor))
  for (const { path, block, number } of devices) {
    addDirectories(launcher, path.slice(0, path.lastIndexOf('/')))
    device(path, block ? fileTypes.block : fileTypes.character, number)
  }
  const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2' }
  for (const [name, target] of Object.entries({ ...links, ptmx: 'pts/ptmx' }))
    launcher.call('symlinkat', [target, atWorkingDirectory, `/dev/${name}`], { onError: 'ignore' })
  for (const name of ['pts', 'shm', 'mqueue']) launcher.call('mkdirat', [atWorkingDirectory, `/dev/${name}`, 0o755])
  const options = 'newinstance,ptmxmode=0666,mode=0620,gid=5'
  launcher.call('mount', ['devpts', '/dev/pts', 'devpts', noSetuid | noExec, options], { what: 'mount /dev/pts' })
  launcher.call('mount', ['mqueue', '/dev/mqueue', 'mqueue', noSetuid | noExec | noDevices, 0], { onError: 'ignore' })
}

/** To be called in a mount namespace of its own, with the network that /sys is to show. Leaves the process in its new root; /proc is missing yet. */
export function enterRoot(launcher: Launcher, options: RootOptions): void {
  const { at, devices } = options
  const binds = [...options.groups, ...options.binds]
  launcher.call('umask', [0])
  // Before parting: what is to share its mounts with the host still does.
  const trees = takeTrees(launcher, binds)
  launcher.call('umask', [0o022])
  launcher.call('mount', [0, '/', 0, makePrivate | recursive, 0], { what: 'part from the mounts of the host' })
  addSource(launcher, options)
  launcher.call('chdir', [at])
  launcher.call('pivot_root', ['.', '.'], { what: 'change root' })
  launcher.call('umount2', ['.', detach], { what: 'leave the old root' })
  launcher.call('chdir', ['/'])
  for (const directory of ['/proc', '/sys', '/dev']) addDirectories(launcher, directory)
  addDevices(launcher, devices)
  launcher.call('mount', ['sysfs', '/sys', 'sysfs', readOnly | noSetuid | noExec | noDevices, 0], {
    what: 'mount /sys',
    onError: 'ignore',
  })
  if (options.groups.length > 0)
    launcher.call('mount', ['tmpfs', '/sys/fs/cgroup', 'tmpfs', noSetuid | noExec | noDevices, 'mode=755,size=64k'], {
      onError: 'ignore',
    })
  binds.forEach((mount, i) => {
    addBind(launcher, trees[i]!, mount)
  })
}

const maskedFiles = ['kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug']
const maskedDirectories = ['asound', 'acpi', 'scsi']
const readOnlyPaths = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger']

/** /proc of the process namespace that the caller is in; `masked` hides what tells or changes too much about the host. */
export function mountProc(launcher: Launcher, masked: boolean): void {
  launcher.call('mount', ['proc', '/proc', 'proc', noSetuid | noExec | noDevices, 0], { what: 'mount /proc' })
  if (!masked) return
  const ignore = { onError: 'ignore' } as const
  for (const name of maskedFiles) launcher.call('mount', ['/dev/null', `/proc/${name}`, 0, bind, 0], ignore)
  for (const path of [...maskedDirectories.map(name => `/proc/${name}`), '/sys/firmware'])
    launcher.call('mount', ['tmpfs', path, 'tmpfs', readOnly, 'size=0k'], ignore)
  for (const name of readOnlyPaths) {
    launcher.call('mount', [`/proc/${name}`, `/proc/${name}`, 0, bind | recursive, 0], ignore)
    const flags = bind | remount | readOnly | noSetuid | noExec | noDevices
    launcher.call('mount', [0, `/proc/${name}`, 0, flags, 0], ignore)
  }
}

export const makeRootReadOnly = (launcher: Launcher): void => {
  launcher.call('mount', [0, '/', 0, remount | bind | readOnly, 0], { what: 'make the root read-only' })
}

/** The master of a new terminal, in a root that has /dev/pts; and its other side. */
export function openTerminal(launcher: Launcher, fds: { master: number; slave: number }): void {
  const { readWrite, noTerminal, closeOnExec } = openFlags
  const opened = launcher.call(
    'openat',
    [atWorkingDirectory, '/dev/pts/ptmx', readWrite | noTerminal | closeOnExec, 0],
    {
      what: 'open a terminal',
    },
  )
  launcher.move(opened, fds.master, closeOnExec)
  launcher.call('ioctl', [fds.master, terminalControl.unlock, Buffer.alloc(8)])
  const peer = launcher.call('ioctl', [fds.master, terminalControl.openPeer, readWrite | noTerminal], {
    what: 'open the other side of the terminal',
  })
  launcher.move(peer, fds.slave, closeOnExec)
}
