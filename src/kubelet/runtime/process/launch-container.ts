/** The calls that start the main process of a container in the namespaces of its sandbox. */
import { enterRoot, makeRootReadOnly, mountProc, openTerminal, type RootOptions } from './enter-root.js'
import { type CallResult, Launcher } from './kernel/launcher.js'
import {
  atWorkingDirectory,
  cloneFlags,
  mountFlags,
  openFlags,
  processControl,
  terminalControl,
} from './kernel/system-calls.js'
import {
  addDirectories,
  addPrivileges,
  addProgram,
  addStandardStreams,
  type Privileges,
  type Program,
} from './launch-user.js'
import { addRelay } from './relay-bytes.js'
import { fds, fork, openAt, openPipes, type StandardStreams, tellOfEnd } from './supervised-launch.js'

export interface ContainerLaunch {
  /** Where its pipes are. */
  directory: string
  /** Processes whose namespaces it enters. */
  join: readonly { pid: number; namespace: 'net' | 'ipc' | 'uts' | 'pid' }[]
  /** Process namespace of its own. */
  ownProcesses: boolean
  root: RootOptions & { readOnly: boolean; masked: boolean }
  streams: StandardStreams & { tty: boolean }
  program: Program
  privileges: Privileges
  /** `cgroup.procs` files to enter. */
  groups: readonly string[]
  /** A namespace of control groups is to hide those above its own. */
  ownGroups: boolean
  /** For the kernel's choice whom to kill when memory is short. */
  oomScoreAdj: number
}

const { readOnly, writeOnly, closeOnExec } = openFlags
const killSignal = 9

function joinNamespaces(launcher: Launcher, join: ContainerLaunch['join']): void {
  for (const { pid, namespace } of join) {
    const what = `enter the ${namespace} namespace of the pod`
    const fd = launcher.call(
      'openat',
      [atWorkingDirectory, `/proc/${pid}/ns/${namespace}`, readOnly | closeOnExec, 0],
      { what },
    )
    launcher.call('setns', [fd, 0], { what })
  }
}

/** Opened by the parent, while the host's files are in reach; entered by the child. */
export const openGroups = (launcher: Launcher, groups: readonly string[]) =>
  groups.forEach((path, i) => {
    openAt(launcher, path, { fd: fds.group + i, flags: writeOnly, what: 'open a control group' })
  })

/** Told by a result that nobody looks at: where it may not be lowered, the process runs with what it has. */
function setOomScore(launcher: Launcher, score: number): void {
  const ignore = { onError: 'ignore' } as const
  const path = '/proc/self/oom_score_adj'
  const fd = launcher.call('openat', [atWorkingDirectory, path, writeOnly | closeOnExec, 0], ignore)
  launcher.call('dup3', [fd, oomFd, closeOnExec], ignore)
  const text = Buffer.from(String(score))
  launcher.call('write', [oomFd, text, text.length], ignore)
}

/** Of one hierarchy: shown as the process' own. */
function mountGroups(launcher: Launcher): void {
  const { readOnly: ro, noSetuid, noExec, noDevices } = mountFlags
  launcher.call('mount', ['cgroup2', '/sys/fs/cgroup', 'cgroup2', ro | noSetuid | noExec | noDevices, 0], {
    onError: 'ignore',
  })
}

/** The terminal, and the processes that carry what is typed to it and what it shows to the pipes. Returns the one that ends with its last words. */
export function startTerminal(launcher: Launcher, typed: boolean): CallResult {
  openTerminal(launcher, fds)
  const unneeded = [3, fds.pid, fds.slave, fds.inWriter]
  if (typed) addRelay(launcher, { from: fds.in, to: fds.master, unneeded: [...unneeded, fds.out, fds.err] })
  return addRelay(launcher, { from: fds.master, to: fds.out, unneeded: [...unneeded, fds.in] })
}

export const enterGroups = (launcher: Launcher, groups: readonly string[]) =>
  groups.forEach((_, i) => {
    launcher.call('write', [fds.group + i, Buffer.from('0'), 1], { what: 'enter a control group' })
  })

const oomFd = 40

/** Three standard descriptors, of the terminal or of the pipes. */
export function takeStreams(launcher: Launcher, tty: boolean): void {
  if (!tty) {
    addStandardStreams(launcher, [fds.in, fds.out, fds.err])
    return
  }
  launcher.call('ioctl', [fds.slave, terminalControl.setControlling, 0], { what: 'take the terminal' })
  addStandardStreams(launcher, [fds.slave, fds.slave, fds.slave])
}

export function containerLauncher(launch: ContainerLaunch): Launcher {
  const { directory, root, streams, program, privileges, groups } = launch
  const launcher = new Launcher()
  openPipes(launcher, directory, streams)
  openGroups(launcher, groups)
  joinNamespaces(launcher, launch.join)
  launcher.call('unshare', [cloneFlags.newMounts], { what: 'make a mount namespace' })
  enterRoot(launcher, root)
  addDirectories(launcher, program.workingDirectory)
  const output = streams.tty ? startTerminal(launcher, streams.stdin) : undefined
  const started = fork(launcher, launch.ownProcesses ? cloneFlags.newPid : 0)
  launcher.call('prctl', [processControl.setParentDeathSignal, killSignal, 0, 0, 0])
  launcher.call('setsid', [], { onError: 'ignore' })
  enterGroups(launcher, groups)
  if (launch.ownGroups) launcher.call('unshare', [cloneFlags.newCgroup], { onError: 'ignore' })
  mountProc(launcher, root.masked)
  setOomScore(launcher, launch.oomScoreAdj)
  if (launch.ownGroups) mountGroups(launcher)
  if (root.readOnly) makeRootReadOnly(launcher)
  takeStreams(launcher, streams.tty)
  addPrivileges(launcher, privileges)
  addProgram(launcher, program)
  tellOfEnd(launcher, started, launch.ownProcesses ? output : undefined)
  return launcher
}
