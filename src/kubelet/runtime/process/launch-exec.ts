/** The calls that run one more command in a container. */
import { Launcher } from './kernel/launcher.js'
import { atWorkingDirectory, openFlags, processControl } from './kernel/system-calls.js'
import { enterGroups, openGroups, startTerminal, takeStreams } from './launch-container.js'
import { addPrivileges, addProgram, type Privileges, type Program } from './launch-user.js'
import { fds, fork, hideReports, openAt } from './supervised-launch.js'

export interface ExecLaunch {
  /** The container's main process. */
  pid: number
  /** Named pipes; absent ones lead nowhere. */
  streams: { in?: string; out?: string; err?: string; tty: boolean }
  program: Program
  privileges: Privileges
  groups: readonly string[]
}

const { readOnly, writeOnly, closeOnExec } = openFlags
/** Mounts last: then the host's files are out of reach. */
const namespaces = ['ipc', 'uts', 'net', 'pid', 'cgroup', 'mnt'] as const
const killSignal = 9

/** Tells the process id on `fds.pid`, and the wait status in the same eight bytes once it has ended. */
export function execLauncher({ pid, streams, program, privileges, groups }: ExecLaunch): Launcher {
  const launcher = new Launcher()
  const nowhere = '/dev/null'
  hideReports(launcher)
  openAt(launcher, streams.in ?? nowhere, { fd: fds.in, flags: readOnly })
  openAt(launcher, streams.out ?? nowhere, { fd: fds.out, flags: writeOnly })
  openAt(launcher, streams.err ?? nowhere, { fd: fds.err, flags: writeOnly })
  openGroups(launcher, groups)
  const opened = namespaces.map(name =>
    launcher.call('openat', [atWorkingDirectory, `/proc/${pid}/ns/${name}`, readOnly | closeOnExec, 0], {
      what: 'find the container',
      // Kernels without it have nothing to enter.
      ...(name === 'cgroup' && { onError: 'ignore' }),
    }),
  )
  opened.forEach((fd, i) => {
    launcher.call('setns', [fd, 0], {
      what: `enter the ${namespaces[i]} namespace`,
      ...(namespaces[i] === 'cgroup' && { onError: 'ignore' }),
    })
  })
  const output = streams.tty ? startTerminal(launcher, streams.in !== undefined) : undefined
  const { child, parent } = fork(launcher, 0)
  launcher.call('prctl', [processControl.setParentDeathSignal, killSignal, 0, 0, 0])
  launcher.call('setsid', [], { onError: 'ignore' })
  enterGroups(launcher, groups)
  takeStreams(launcher, streams.tty)
  addPrivileges(launcher, privileges)
  addProgram(launcher, program)
  launcher.place(parent)
  const status = launcher.space(8)
  launcher.call('write', [fds.pid, { pointsTo: child }, 8], { onError: 'ignore' })
  for (const fd of [3, fds.in, fds.out, fds.err, fds.slave]) launcher.call('close', [fd], { onError: 'ignore' })
  launcher.call('wait4', [child, status, 0, 0])
  if (output) launcher.call('wait4', [output, 0, 0, 0], { onError: 'ignore' })
  launcher.call('write', [fds.pid, status, 8], { onError: 'ignore' })
  return launcher
}
